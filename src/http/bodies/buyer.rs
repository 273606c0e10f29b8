//! Who buys an order and who comes with it, on the wire.

use std::collections::BTreeMap;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::change::given_or_null;
use crate::http::pointer;
use crate::http::problem::Problem;
use domain::details::{
    Buyer, Details, DetailsChange, METADATA_ENTRIES_MAX, METADATA_NAME_CHARS_MAX, METADATA_TEXT_CHARS_MAX,
    MetadataChange, PERSON_CHARS_MAX, is_metadata_name, is_metadata_text, read_email, read_locale,
    read_person, read_phone,
};

/// Who buys. All of it may be missing.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BuyerBody {
    /// What they are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// Their e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 3, max_length = 254)]
    pub email: Option<String>,
    /// Their telephone number: digits, a `+` before them, and what people write between.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 3, max_length = 32)]
    pub phone: Option<String>,
    /// The language in which they want to be written to (BCP 47), as in `de-AT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 2, max_length = 35)]
    pub locale: Option<String>,
}

/// What is to change of a buyer. What is left out stays; null takes it away.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BuyerChangeBody {
    /// What they are called.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub name: Option<Option<String>>,
    /// Their e-mail address.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 254)]
    pub email: Option<Option<String>>,
    /// Their telephone number.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 32)]
    pub phone: Option<Option<String>>,
    /// The language in which they want to be written to.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 2, max_length = 35)]
    pub locale: Option<Option<String>>,
}

/// What is to change of what an order says of people. What is left out stays; null takes it away.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OrderChangeBody {
    /// Who buys.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BuyerChangeBody>)]
    pub buyer: Option<Option<BuyerChangeBody>>,
    /// Who comes with each ticket: first those of the seats, then those of the zones' places, as the order lists them; null for
    /// nobody in particular. It replaces the whole list.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Option<String>>>, max_items = 500)]
    pub attendees: Option<Option<Vec<Option<String>>>>,
    /// What is noted of the order: entries that get a text or, with null, go.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, Option<String>>>)]
    pub metadata: Option<Option<BTreeMap<String, Option<String>>>>,
}

/// What a new order of so many places says of people.
pub fn read_details(
    buyer: Option<&BuyerBody>,
    attendees: &[Option<String>],
    metadata: Option<&BTreeMap<String, String>>,
    places: u32,
) -> Result<Option<Details>, Problem> {
    let none = BuyerBody::default();
    let buyer = buyer.unwrap_or(&none);
    let metadata = metadata.into_iter().flatten();
    let metadata = metadata.map(|(name, text)| read_entry(name, text));
    let details = Details {
        buyer: Buyer {
            name: buyer.name.as_deref().map(read_name).transpose()?,
            email: buyer.email.as_deref().map(read_address).transpose()?,
            phone: buyer.phone.as_deref().map(read_number).transpose()?,
            locale: buyer.locale.as_deref().map(read_language).transpose()?,
        },
        attendees: read_attendees(attendees)?,
        metadata: metadata.collect::<Result<_, _>>()?,
    };
    let places = usize::try_from(places).unwrap_or(usize::MAX);
    if details.attendees.len() > places {
        return Err(too_many_attendees(places));
    }
    if details.metadata.len() > METADATA_ENTRIES_MAX {
        return Err(too_much_metadata());
    }
    Ok(Some(details).filter(|details| !details.is_empty()))
}

impl BuyerBody {
    /// A buyer, if anything is said of one.
    pub fn of(buyer: &Buyer) -> Option<Self> {
        let Buyer {
            name,
            email,
            phone,
            locale,
        } = buyer.clone();
        let is_told = [&name, &email, &phone, &locale].into_iter().any(Option::is_some);
        is_told.then_some(Self {
            name,
            email,
            phone,
            locale,
        })
    }
}

/// A change of that.
pub fn read_change(body: OrderChangeBody) -> Result<DetailsChange, Problem> {
    // To take the buyer away is to take all away that is said of them.
    let buyer = match body.buyer {
        None => BuyerChangeBody::default(),
        Some(Some(buyer)) => buyer,
        Some(None) => BuyerChangeBody {
            name: Some(None),
            email: Some(None),
            phone: Some(None),
            locale: Some(None),
        },
    };
    let attendees = body.attendees.map(Option::unwrap_or_default);
    let metadata = match body.metadata {
        None => MetadataChange::default(),
        Some(None) => MetadataChange::All,
        Some(Some(entries)) => {
            let entries = entries.iter().map(|(name, text)| match text {
                Some(text) => read_entry(name, text).map(|(name, text)| (name, Some(text))),
                None => Ok((composed(name), None)),
            });
            MetadataChange::Some(entries.collect::<Result<_, Problem>>()?)
        }
    };
    Ok(DetailsChange {
        name: changed(buyer.name, read_name)?,
        email: changed(buyer.email, read_address)?,
        phone: changed(buyer.phone, read_number)?,
        locale: changed(buyer.locale, read_language)?,
        attendees: attendees.map(|names| read_attendees(&names)).transpose()?,
        metadata,
    })
}

fn changed(
    text: Option<Option<String>>,
    read: impl Fn(&str) -> Result<String, Problem>,
) -> Result<Option<Option<String>>, Problem> {
    text.map(|text| text.as_deref().map(read).transpose()).transpose()
}

/// More people than tickets.
pub fn too_many_attendees(tickets: usize) -> Problem {
    Problem::invalid("/attendees", format!("the order has {tickets} places"))
}

/// More notes than may be.
pub fn too_much_metadata() -> Problem {
    Problem::invalid(
        "/metadata",
        format!("may have {METADATA_ENTRIES_MAX} entries at most"),
    )
}

/// The same letters, however they were composed (NFC): so that what looks the same is found.
fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(text)
        .into_owned()
}

fn read_name(text: &str) -> Result<String, Problem> {
    person("/buyer/name", text)
}

fn person(field: &str, text: &str) -> Result<String, Problem> {
    let name = composed(text);
    let name = read_person(&name).map(str::to_owned);
    name.ok_or_else(|| {
        let detail = format!("must be a name of {PERSON_CHARS_MAX} printable characters at most");
        Problem::invalid(field, detail)
    })
}

fn read_address(text: &str) -> Result<String, Problem> {
    let email = composed(text);
    let email = read_email(&email).map(str::to_owned);
    email.ok_or_else(|| {
        Problem::invalid(
            "/buyer/email",
            "must be one e-mail address, as in ada@example.org",
        )
    })
}

fn read_number(text: &str) -> Result<String, Problem> {
    let phone = read_phone(text).map(str::to_owned);
    phone.ok_or_else(|| Problem::invalid("/buyer/phone", "must be one telephone number, as in +43 1 234567"))
}

fn read_language(text: &str) -> Result<String, Problem> {
    let locale = read_locale(text).map(str::to_owned);
    locale.ok_or_else(|| Problem::invalid("/buyer/locale", "must be the name of a language, as in de-AT"))
}

/// Who comes with a ticket.
pub fn read_attendee(name: &str) -> Result<String, Problem> {
    person("/attendee", name)
}

fn read_attendees(names: &[Option<String>]) -> Result<Vec<Option<String>>, Problem> {
    let names = names.iter().enumerate().map(|(at, name)| {
        let name = name.as_deref();
        name.map(|name| person(&format!("/attendees/{at}"), name))
            .transpose()
    });
    let mut names: Vec<_> = names.collect::<Result<_, _>>()?;
    while names.last().is_some_and(Option::is_none) {
        names.pop();
    }
    Ok(names)
}

fn read_entry(name: &str, text: &str) -> Result<(String, String), Problem> {
    let field = "/metadata";
    let (name, text) = (composed(name), composed(text));
    if !is_metadata_name(&name) {
        let detail = format!("names have 1 to {METADATA_NAME_CHARS_MAX} printable characters");
        return Err(Problem::invalid(field, detail));
    }
    if !is_metadata_text(&text) {
        let detail = format!("texts have {METADATA_TEXT_CHARS_MAX} printable characters at most");
        return Err(Problem::invalid(pointer::below(field, &name), detail));
    }
    Ok((name, text))
}
