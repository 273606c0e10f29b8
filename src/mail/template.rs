//! Words with placeholders, `{{show}}`, and what is put in their place. There is nothing else to them: no conditions and no loops, so
//! that an organiser's words can neither fail nor take long when they are used, whatever they say.

use std::collections::BTreeMap;

use crate::store::mail_templates::StoredTemplate;
use domain::mail::{Language, MailKind};

/// Longest subject of a template, in characters.
pub const SUBJECT_CHARS_MAX: usize = 200;
/// Longest text, and longest HTML, of a template, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1_024;
/// Most placeholders of a text: what is put in their place may be long.
const PLACEHOLDERS_MAX: usize = 100;
/// Longest subject of a mail, in characters.
const FILLED_SUBJECT_CHARS_MAX: usize = 250;

/// What may stand in every mail, in one line.
const OF_ALL: [&str; 7] = [
    "greeting",
    "name",
    "show",
    "venue",
    "starts",
    "order",
    "organiser",
];
/// What takes several lines, and room: once in a text.
const BLOCKS: [&str; 2] = ["places", "tickets"];

/// The placeholders of a kind of mail.
pub fn placeholders(kind: MailKind) -> impl Iterator<Item = &'static str> {
    let own: &[&str] = match kind {
        MailKind::Paid => &["places", "tickets", "total"],
        MailKind::Refunded | MailKind::Canceled => &["places", "amount"],
        MailKind::Changed => &["places"],
        MailKind::Offer => &["places", "total", "expires"],
    };
    OF_ALL.into_iter().chain(own.iter().copied())
}

/// What is put in the place of a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    text: String,
    html: String,
}

impl Value {
    /// A word or some of them, which may have anything in them.
    pub fn words(words: &str) -> Self {
        Self {
            html: escape(words),
            text: words.to_owned(),
        }
    }

    /// A block that looks otherwise in HTML, which must be well-formed.
    pub fn block(text: String, html: String) -> Self {
        Self { text, html }
    }
}

/// What is put in the place of each.
pub type Values = BTreeMap<&'static str, Value>;

/// A mail's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// In one line.
    pub subject: String,
    /// For readers that show no HTML.
    pub text: String,
    /// A document.
    pub html: String,
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which of its members.
    pub member: &'static str,
    /// What.
    pub detail: String,
}

/// The office's own words.
pub fn office_template(kind: MailKind, language: Language) -> StoredTemplate {
    let words = match (language, kind) {
        (Language::English, MailKind::Paid) => include_str!("templates/en/paid.txt"),
        (Language::English, MailKind::Refunded) => include_str!("templates/en/refunded.txt"),
        (Language::English, MailKind::Changed) => include_str!("templates/en/changed.txt"),
        (Language::English, MailKind::Canceled) => include_str!("templates/en/canceled.txt"),
        (Language::English, MailKind::Offer) => include_str!("templates/en/offer.txt"),
        (Language::German, MailKind::Paid) => include_str!("templates/de/paid.txt"),
        (Language::German, MailKind::Refunded) => include_str!("templates/de/refunded.txt"),
        (Language::German, MailKind::Changed) => include_str!("templates/de/changed.txt"),
        (Language::German, MailKind::Canceled) => include_str!("templates/de/canceled.txt"),
        (Language::German, MailKind::Offer) => include_str!("templates/de/offer.txt"),
    };
    let (subject, text) = words.split_once("\n\n").unwrap_or_default();
    StoredTemplate {
        subject: subject.to_owned(),
        text: text.to_owned(),
        html: None,
    }
}

/// Says what is wrong with a template of this kind, if anything is. One that passes can always be filled.
pub fn check(kind: MailKind, template: &StoredTemplate) -> Result<(), Fault> {
    let fault = |member, detail: String| Fault { member, detail };
    let chars = template.subject.chars().count();
    if chars > SUBJECT_CHARS_MAX || template.subject.trim().is_empty() {
        let detail = format!("must be 1 to {SUBJECT_CHARS_MAX} characters");
        return Err(fault("subject", detail));
    }
    if template.subject.chars().any(char::is_control) {
        return Err(fault("subject", "must be one line".to_owned()));
    }
    let members = [
        ("subject", Some(&template.subject)),
        ("text", Some(&template.text)),
        ("html", template.html.as_ref()),
    ];
    for (member, words) in members {
        let Some(words) = words else { continue };
        if words.len() > BODY_BYTES_MAX || words.trim().is_empty() {
            return Err(fault(member, format!("must be 1 to {BODY_BYTES_MAX} bytes")));
        }
        if words.contains('\0') {
            return Err(fault(member, "must have no null character".to_owned()));
        }
        check_placeholders(kind, member, words).map_err(|detail| fault(member, detail))?;
    }
    Ok(())
}

fn check_placeholders(kind: MailKind, member: &str, words: &str) -> Result<(), String> {
    let mut seen = Vec::new();
    for part in parts(words) {
        match part {
            Part::Words(_) => {}
            Part::Open => return Err("has a {{ without its }}".to_owned()),
            Part::Placeholder(name) => {
                if !placeholders(kind).any(|known| known == name) {
                    let known: Vec<_> = placeholders(kind).collect();
                    let name: String = name.chars().take(50).collect();
                    return Err(format!("{{{{{name}}}}} is none of {}", known.join(", ")));
                }
                if BLOCKS.contains(&name) && (member == "subject" || seen.contains(&name)) {
                    return Err(format!("{{{{{name}}}}} may stand once in text and html alone"));
                }
                seen.push(name);
            }
        }
    }
    match seen.len() > PLACEHOLDERS_MAX {
        true => Err(format!("may have {PLACEHOLDERS_MAX} placeholders at most")),
        false => Ok(()),
    }
}

/// Fills a template. What has no value is left out.
pub fn fill(template: &StoredTemplate, values: &Values, language: Language) -> Filled {
    let text = |value: &Value| value.text.clone();
    let html = |value: &Value| value.html.clone();
    let made = template.html.is_none().then(|| html_of(&template.text, language));
    let of_html = template.html.as_ref().or(made.as_ref());
    Filled {
        subject: one_line(&fill_words(&template.subject, values, text)),
        text: fill_words(&template.text, values, text),
        html: fill_words(of_html.map_or("", String::as_str), values, html),
    }
}

fn fill_words(words: &str, values: &Values, written: impl Fn(&Value) -> String) -> String {
    let filled = parts(words).map(|part| match part {
        Part::Words(words) => words.to_owned(),
        Part::Open => "{{".to_owned(),
        Part::Placeholder(name) => values.get(name).map(&written).unwrap_or_default(),
    });
    filled.collect()
}

/// Without anything that would begin another header, or another line.
pub fn one_line(text: &str) -> String {
    let plain = text.chars().map(|letter| match letter {
        letter if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') => ' ',
        letter => letter,
    });
    plain.take(FILLED_SUBJECT_CHARS_MAX).collect()
}

/// Text as HTML: what means something there means nothing any more.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A text with placeholders as a document with the same ones: blank lines part its paragraphs.
fn html_of(text: &str, language: Language) -> String {
    let text = text.replace("\r\n", "\n");
    let paragraphs = text
        .split("\n\n")
        .filter(|paragraph| !paragraph.trim().is_empty());
    let paragraphs: String = paragraphs
        .map(|paragraph| {
            let lines = escape(paragraph.trim_matches('\n')).replace('\n', "<br>");
            format!("<div style=\"margin:0 0 1em\">{lines}</div>\n")
        })
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"></head>\n\
         <body style=\"font-family:sans-serif;line-height:1.4;max-width:40em\">\n{paragraphs}</body></html>\n",
        language.code()
    )
}

/// A piece of a template.
enum Part<'a> {
    Words(&'a str),
    Placeholder(&'a str),
    /// A `{{` that is never closed: all that follows are words.
    Open,
}

fn parts(words: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = words;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some(behind) = rest.strip_prefix("{{") else {
            let (before, after) = rest.split_at(rest.find("{{").unwrap_or(rest.len()));
            rest = after;
            return Some(Part::Words(before));
        };
        match behind.split_once("}}") {
            Some((name, after)) => {
                rest = after;
                Some(Part::Placeholder(name.trim()))
            }
            None => {
                rest = behind;
                Some(Part::Open)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(subject: &str, text: &str, html: Option<&str>) -> StoredTemplate {
        StoredTemplate {
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: html.map(str::to_owned),
        }
    }

    fn values() -> Values {
        [
            ("show", Value::words("Tom & <Jerry>")),
            ("name", Value::words("A\r\nBcc: x@example.org")),
            (
                "tickets",
                Value::block("1\n2".to_owned(), "<b>1</b><b>2</b>".to_owned()),
            ),
        ]
        .into()
    }

    #[test]
    fn the_offices_own_words_are_well() {
        for kind in MailKind::ALL {
            for language in Language::ALL {
                let template = office_template(kind, language);
                assert_eq!(check(kind, &template), Ok(()), "{kind:?} {language:?}");
                assert!(!template.subject.is_empty() && !template.text.is_empty());
            }
        }
    }

    #[test]
    fn placeholders_are_filled_in_each_form() {
        let own = template(
            "For {{name}}: {{ show }}",
            "{{show}} {{unset}}!\n\n{{tickets}}\nlast",
            None,
        );
        let filled = fill(&own, &values(), Language::German);
        assert_eq!(filled.subject, "For A  Bcc: x@example.org: Tom & <Jerry>");
        assert_eq!(filled.text, "Tom & <Jerry> !\n\n1\n2\nlast");
        assert!(filled.html.contains("<html lang=\"de\">"));
        assert!(filled.html.contains(">Tom &amp; &lt;Jerry&gt; !</div>"));
        assert!(filled.html.contains("><b>1</b><b>2</b><br>last</div>"));
        let own = template("x", "x", Some("<p>{{show}}</p>{{tickets}}"));
        let filled = fill(&own, &values(), Language::English);
        assert_eq!(filled.html, "<p>Tom &amp; &lt;Jerry&gt;</p><b>1</b><b>2</b>");
    }

    #[test]
    fn what_is_put_in_is_not_looked_at_again() {
        let mut values = values();
        values.insert("show", Value::words("{{name}} <script>"));
        let filled = fill(&template("x", "{{show}}", None), &values, Language::English);
        assert_eq!(filled.text, "{{name}} <script>");
        assert!(filled.html.contains("{{name}} &lt;script&gt;"));
    }

    #[track_caller]
    fn check_fault(template: &StoredTemplate, member: &str, words: &str) {
        let fault = check(MailKind::Paid, template).expect_err("a fault");
        assert!(
            fault.member == member && fault.detail.contains(words),
            "{fault:?}"
        );
    }

    #[test]
    fn a_template_is_checked_before_it_is_used() {
        check_fault(&template("", "x", None), "subject", "1 to 200");
        check_fault(&template(&"x".repeat(201), "x", None), "subject", "1 to 200");
        check_fault(&template("a\r\nBcc: b", "x", None), "subject", "one line");
        check_fault(&template("{{tickets}}", "x", None), "subject", "once in text");
        check_fault(&template("x", " ", None), "text", "bytes");
        check_fault(
            &template("x", &"x".repeat(BODY_BYTES_MAX + 1), None),
            "text",
            "bytes",
        );
        check_fault(
            &template("x", "{{amount}}", None),
            "text",
            "{{amount}} is none of",
        );
        check_fault(&template("x", "{{sho", None), "text", "without its");
        check_fault(&template("x", "x", Some("{{nobody}}")), "html", "{{nobody}}");
        check_fault(
            &template("x", "x", Some("{{tickets}}{{tickets}}")),
            "html",
            "once",
        );
        check_fault(
            &template("x", &"{{show}}".repeat(101), None),
            "text",
            "100 placeholders",
        );
        let well = template("{{show}}", "{{tickets}} }} {", Some("<style>a{b:c}}</style>"));
        assert_eq!(check(MailKind::Paid, &well), Ok(()));
    }
}
