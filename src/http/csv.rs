//! Tables as text (CSV, RFC 4180): cells apart by commas, lines by CRLF, in quotes where a cell has any of these.

/// Adds a line of these cells.
pub fn push_line(text: &mut String, cells: &[impl AsRef<str>]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        push_cell(text, cell.as_ref());
    }
    text.push_str("\r\n");
}

fn push_cell(text: &mut String, cell: &str) {
    if cell.contains([',', '"', '\r', '\n']) {
        text.push('"');
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(cell);
    }
}

/// A text as a cell that no spreadsheet takes for a formula and runs: whoever buys a ticket chooses what they are called.
pub fn plain(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{plain, push_line};

    #[test]
    fn a_cell_is_in_quotes_where_it_must_be() {
        let mut text = String::new();
        push_line(&mut text, &["a", "", "b c", "d,e", "say \"f\"", "g\nh"]);
        push_line(&mut text, &["1", "2"]);
        assert_eq!(text, "a,,b c,\"d,e\",\"say \"\"f\"\"\",\"g\nh\"\r\n1,2\r\n");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("Ada", "Ada"),
            (
                "=HYPERLINK(\"http://example.org\")",
                "'=HYPERLINK(\"http://example.org\")",
            ),
            ("+43 1 234", "'+43 1 234"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1+1", "'＝1+1"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(plain(text), cell);
        }
    }
}
