//! Reads JSON as it is meant, and says what is wrong with it where it is.
//!
//! What serde reads for a struct may also be an array of its fields, in an order that only the source knows; a name that
//! stands twice is taken once; and what is refused is refused in words of Rust, by line and column. So a `Reader` stands
//! between serde_json and what is read. It looks at each value before what wants it sees it, and gathers the way to a
//! fault while the fault goes up. Nothing is kept of the document: a plan may be large.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};

use super::pointer;

/// What some editors begin a file with, and a reader may pass over (RFC 8259, 8.1).
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// Beyond this, a double is no longer one whole number alone.
const WHOLE_DOUBLE_MAX: f64 = 9_007_199_254_740_992.0;

/// What is wrong with a document.
#[derive(Debug)]
pub enum Fault {
    /// It is no JSON.
    NotJson(String),
    /// Something in it is not as it must be.
    Wrong {
        /// The names and places on the way from the fault up to the document.
        way: Vec<String>,
        /// What is wrong there.
        detail: String,
    },
}

impl Fault {
    fn wrong(detail: impl Into<String>) -> Self {
        let (way, detail) = (Vec::new(), detail.into());
        Self::Wrong { way, detail }
    }

    fn not_json(error: &impl fmt::Display) -> Self {
        Self::NotJson(error.to_string())
    }

    /// The same, as seen from one step further up.
    fn within(mut self, step: impl ToString) -> Self {
        if let Self::Wrong { way, .. } = &mut self {
            way.push(step.to_string());
        }
        self
    }

    /// Where it is, as a JSON pointer; what is no JSON is so as a whole.
    pub fn pointer(&self) -> String {
        match self {
            Self::NotJson(_) => String::new(),
            Self::Wrong { way, .. } => way
                .iter()
                .rev()
                .fold(String::new(), |pointer, step| pointer::below(&pointer, step)),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(error) => write!(f, "this is no JSON: {error}"),
            Self::Wrong { detail, .. } => f.write_str(detail),
        }
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(detail: T) -> Self {
        Self::wrong(detail.to_string())
    }

    fn invalid_type(_found: Unexpected<'_>, _wanted: &dyn de::Expected) -> Self {
        Self::wrong("is of another type than it must be")
    }

    fn invalid_value(found: Unexpected<'_>, _wanted: &dyn de::Expected) -> Self {
        match found {
            Unexpected::Signed(_) | Unexpected::Unsigned(_) | Unexpected::Float(_) => {
                Self::wrong(OUT_OF_RANGE)
            }
            _ => Self::wrong("is not one of the values that it may have"),
        }
    }

    fn unknown_variant(_word: &str, words: &'static [&'static str]) -> Self {
        Self::wrong(format!("must be one of {}", listed(words)))
    }

    fn unknown_field(name: &str, names: &'static [&'static str]) -> Self {
        Self::wrong(format!("there is no such member, only {}", listed(names))).within(name)
    }

    fn missing_field(name: &'static str) -> Self {
        Self::wrong("is missing").within(name)
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::wrong(TWICE).within(name)
    }
}

const OUT_OF_RANGE: &str = "the number is out of range";
const TWICE: &str = "stands there twice";

fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("“{word}”")).collect();
    quoted.join(", ")
}

/// Reads a document, with or without a byte order mark before it.
pub fn read<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T, Fault> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = T::deserialize(Reader(&mut json))?;
    json.end().map_err(|error| Fault::not_json(&error))?;
    Ok(value)
}

/// What a value is, or what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Null,
    Bool,
    Whole,
    Number,
    Text,
    List,
    Object,
    /// Whatever stands there.
    Any,
}

impl Kind {
    fn takes(self, found: Self) -> bool {
        self == Self::Any || self == found || (self == Self::Number && found == Self::Whole)
    }

    const fn wish(self) -> &'static str {
        match self {
            Self::Null => "must be null",
            Self::Bool => "must be true or false",
            Self::Whole => "must be a whole number",
            Self::Number => "must be a number",
            Self::Text => "must be a text",
            Self::List => "must be a list",
            Self::Object => "must be an object",
            Self::Any => "must be a value",
        }
    }
}

/// Reads one value of what it is given.
struct Reader<D>(D);

impl<'de, D: Deserializer<'de>> Reader<D> {
    /// Lets `visitor` see the value if it is of the wanted kind.
    fn read<V: Visitor<'de>>(self, wanted: Kind, visitor: V) -> Result<V::Value, Fault> {
        watch(wanted, visitor, |watched| self.0.deserialize_any(watched))
    }
}

macro_rules! wants {
    ($($method:ident => $kind:ident),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.read(Kind::$kind, visitor)
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Reader<D> {
    type Error = Fault;

    wants! {
        deserialize_any => Any,
        deserialize_bool => Bool,
        deserialize_i8 => Whole, deserialize_i16 => Whole, deserialize_i32 => Whole, deserialize_i64 => Whole,
        deserialize_u8 => Whole, deserialize_u16 => Whole, deserialize_u32 => Whole, deserialize_u64 => Whole,
        deserialize_f32 => Number, deserialize_f64 => Number,
        deserialize_char => Text, deserialize_str => Text, deserialize_string => Text, deserialize_identifier => Text,
        deserialize_unit => Null,
        deserialize_seq => List,
        deserialize_map => Object,
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.read(Kind::Object, visitor)
    }

    /// A word among several. serde_json would take an object of one name for it too.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let word = String::deserialize(self)?;
        let word: StrDeserializer<'_, Fault> = word.as_str().into_deserializer();
        visitor.visit_enum(word)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        watch(Kind::Any, visitor, |watched| self.0.deserialize_option(watched))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    /// Nobody wants it: it need only be JSON.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let read = self.0.deserialize_ignored_any(visitor);
        read.map_err(|error| Fault::not_json(&error))
    }

    forward_to_deserialize_any! { i128 u128 bytes byte_buf unit_struct tuple tuple_struct }
}

/// Reads a value with a visitor that is watched. A fault takes the way around the errors below, which know texts only.
fn watch<V, T, E: fmt::Display>(
    wanted: Kind,
    visitor: V,
    read: impl FnOnce(Watched<'_, V>) -> Result<T, E>,
) -> Result<T, Fault> {
    let fault = Cell::new(None);
    let watched = Watched {
        visitor,
        wanted,
        fault: &fault,
    };
    read(watched).map_err(|error| fault.take().unwrap_or_else(|| Fault::not_json(&error)))
}

/// A visitor that sees a value only if it is of the wanted kind.
struct Watched<'f, V> {
    visitor: V,
    wanted: Kind,
    fault: &'f Cell<Option<Fault>>,
}

impl<'de, V: Visitor<'de>> Watched<'_, V> {
    fn take<E: de::Error>(
        self,
        found: Kind,
        give: impl FnOnce(V) -> Result<V::Value, Fault>,
    ) -> Result<V::Value, E> {
        let taken = match self.wanted.takes(found) {
            true => give(self.visitor),
            false => Err(Fault::wrong(self.wanted.wish())),
        };
        hand_up(taken, self.fault)
    }
}

/// Puts a fault where it is found again above, and lets an error go up in its place.
fn hand_up<T, E: de::Error>(read: Result<T, Fault>, place: &Cell<Option<Fault>>) -> Result<T, E> {
    read.map_err(|fault| {
        place.set(Some(fault));
        E::custom("a fault")
    })
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Watched<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wanted.wish())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<V::Value, E> {
        self.take(Kind::Bool, |visitor| visitor.visit_bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<V::Value, E> {
        self.take(Kind::Whole, |visitor| visitor.visit_i64(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<V::Value, E> {
        self.take(Kind::Whole, |visitor| visitor.visit_u64(value))
    }

    /// In JSON 2.0 is as whole as 2.
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<V::Value, E> {
        if self.wanted != Kind::Whole || value.fract() != 0.0 {
            return self.take(Kind::Number, |visitor| visitor.visit_f64(value));
        }
        self.take(Kind::Whole, |visitor| {
            if value.abs() > WHOLE_DOUBLE_MAX {
                return Err(Fault::wrong(OUT_OF_RANGE));
            }
            visitor.visit_i64(value as i64)
        })
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<V::Value, E> {
        self.take(Kind::Text, |visitor| visitor.visit_str(text))
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<V::Value, E> {
        self.take(Kind::Text, |visitor| visitor.visit_borrowed_str(text))
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.take(Kind::Null, V::visit_unit)
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.take(Kind::Null, V::visit_none)
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.take(Kind::Any, |visitor| visitor.visit_some(Reader(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.take(Kind::List, |visitor| visitor.visit_seq(Items { items, at: 0 }))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        let members = Members {
            members,
            name: Cow::Borrowed(""),
            names: BTreeSet::new(),
        };
        self.take(Kind::Object, |visitor| visitor.visit_map(members))
    }
}

/// The items of a list.
struct Items<A> {
    items: A,
    at: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Items<A> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let fault = Cell::new(None);
        let read = self.items.next_element_seed(Seed { seed, fault: &fault });
        let at = self.at;
        self.at += 1;
        read.map_err(|error| within(&fault, &error, at))
    }
}

/// A member's name, as it stands in the document; a copy only where it is written with escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The members of an object, none of whose names stands twice.
struct Members<'de, A> {
    members: A,
    /// The name of the member whose value comes next.
    name: Cow<'de, str>,
    names: BTreeSet<Cow<'de, str>>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'de, A> {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let name = self.members.next_key::<Name<'de>>();
        let Some(Name(name)) = name.map_err(|error| Fault::not_json(&error))? else {
            return Ok(None);
        };
        self.name.clone_from(&name);
        if !self.names.insert(name) {
            return Err(Fault::wrong(TWICE).within(&self.name));
        }
        let name: StrDeserializer<'_, Fault> = self.name.as_ref().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let fault = Cell::new(None);
        let read = self.members.next_value_seed(Seed { seed, fault: &fault });
        read.map_err(|error| within(&fault, &error, &self.name))
    }
}

/// The fault behind an error, as seen from one step further up.
fn within(fault: &Cell<Option<Fault>>, error: &impl fmt::Display, step: impl ToString) -> Fault {
    let fault = fault.take();
    fault.map_or_else(|| Fault::not_json(error), |fault| fault.within(step))
}

/// What wants a value that stands in another one.
struct Seed<'f, S> {
    seed: S,
    fault: &'f Cell<Option<Fault>>,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<S::Value, D::Error> {
        hand_up(self.seed.deserialize(Reader(value)), self.fault)
    }
}
