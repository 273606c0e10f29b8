//! Reads Stripe's parameters: pairs as of a form, whose names nest by brackets, as in `metadata[payment]=7`.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::refusal::Refusal;

/// Most parameters of a call.
const PAIRS_MAX: usize = 200;
/// Deepest name: `a[b][c][d]` has four parts.
const PARTS_MAX: usize = 4;

/// Parameters, sorted by their names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Form(Vec<(Vec<String>, String)>);

impl Form {
    /// Reads a query string or a body.
    pub fn read(text: &[u8]) -> Result<Self, Refusal> {
        let mut pairs = Vec::new();
        for (name, value) in form_urlencoded::parse(text) {
            let parts = split_name(&name).ok_or_else(|| Refusal::unreadable(&name))?;
            if pairs.len() == PAIRS_MAX {
                return Err(Refusal::unreadable("too many parameters"));
            }
            pairs.push((parts, value.into_owned()));
        }
        pairs.sort();
        Ok(Self(pairs))
    }

    /// The parameters in one text that is equal for equal parameters.
    pub fn canonical(&self) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        for (parts, value) in &self.0 {
            text.append_pair(&parts.join("["), value);
        }
        text.finish()
    }

    /// A parameter without brackets. An empty one counts as not given, as Stripe's own empty values do.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.at(&[name])
    }

    /// A parameter with or without brackets, read as a number or the like.
    pub fn parsed<T: FromStr>(&self, path: &[&'static str]) -> Result<Option<T>, Refusal> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_unreadable| Refusal::invalid(path.first().copied().unwrap_or_default(), text))
        };
        self.at(path).map(parse).transpose()
    }

    /// All parameters of a hash, as in `metadata[a]=1`.
    pub fn hash(&self, name: &str) -> BTreeMap<String, String> {
        let entries = self.0.iter().filter_map(|(parts, value)| match parts.as_slice() {
            [first, key] if first == name => Some((key.clone(), value.clone())),
            _ => None,
        });
        entries.collect()
    }

    /// The values of a list, as in `expand[]=a` or `expand[0]=a`.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let values = self.0.iter().filter_map(|(parts, value)| match parts.as_slice() {
            [first, _] if first == name => Some(value.as_str()),
            _ => None,
        });
        values.collect()
    }

    fn at(&self, path: &[&str]) -> Option<&str> {
        let found = self.0.iter().find(|(parts, _)| parts == path)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }
}

/// `a[b][c]` as its parts; nothing if the brackets don't match or are too many.
fn split_name(name: &str) -> Option<Vec<String>> {
    let Some((first, rest)) = name.split_once('[') else {
        return (!name.contains(']')).then(|| vec![name.to_owned()]);
    };
    let inner = rest.strip_suffix(']')?;
    let parts: Vec<String> = std::iter::once(first)
        .chain(inner.split("]["))
        .map(str::to_owned)
        .collect();
    let plain = parts.iter().all(|part| !part.contains(['[', ']']));
    (plain && parts.len() <= PARTS_MAX && !first.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::{Form, split_name};

    fn check_name(name: &str, expected: Option<&[&str]>) {
        let parts = split_name(name);
        let parts = parts
            .as_ref()
            .map(|parts| parts.iter().map(String::as_str).collect());
        assert_eq!(parts, expected.map(<[&str]>::to_vec), "{name}");
    }

    #[test]
    fn names_nest_by_brackets() {
        check_name("amount", Some(&["amount"]));
        check_name("metadata[payment]", Some(&["metadata", "payment"]));
        check_name("expand[]", Some(&["expand", ""]));
        check_name("a[b][c][d]", Some(&["a", "b", "c", "d"]));
        check_name("a[b][c][d][e]", None);
        check_name("a[b", None);
        check_name("a]b", None);
        check_name("a[[b]]", None);
        check_name("[a]", None);
    }

    #[test]
    fn parameters_are_found_by_name() {
        let body =
            b"amount=1200&metadata%5Bpayment%5D=7&metadata[note]=a+b&expand[0]=x&expand[]=y&created[gte]=5";
        let form = Form::read(body).unwrap();
        assert_eq!(form.text("amount"), Some("1200"));
        assert_eq!(form.parsed::<i64>(&["created", "gte"]).unwrap(), Some(5));
        let metadata = [("note", "a b"), ("payment", "7")].map(|(key, value)| (key.into(), value.into()));
        assert_eq!(form.hash("metadata"), metadata.into());
        assert_eq!(form.list("expand"), ["y", "x"]);
        assert!(form.parsed::<i64>(&["metadata", "note"]).is_err());
    }

    #[test]
    fn the_order_of_parameters_does_not_matter() {
        let read = |text: &[u8]| Form::read(text).unwrap().canonical();
        assert_eq!(read(b"a=1&b[c]=2"), read(b"b%5Bc%5D=2&a=1"));
        assert_ne!(read(b"a=1&b[c]=2"), read(b"a=1&b[c]=3"));
    }

    #[test]
    fn too_many_parameters_are_refused() {
        assert!(Form::read("a=1&".repeat(201).as_bytes()).is_err());
    }
}
