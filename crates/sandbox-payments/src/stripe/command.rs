//! Every call of Stripe's that the sandbox knows: what it is asked with, and what it asks for.

use std::collections::BTreeMap;

use super::card::{Card, find};
use super::currency::check_charge;
use super::form::Form;
use super::intent::{CaptureMethod, Terms};
use super::object::Expand;
use super::refusal::Refusal;
use crate::faults::Call;
use crate::money::{is_currency, is_web_address};

/// Most entries of metadata, and the longest key and value, as at Stripe.
const METADATA_ENTRIES_MAX: usize = 50;
const METADATA_KEY_CHARS_MAX: usize = 40;
const METADATA_VALUE_CHARS_MAX: usize = 500;
/// Longest description.
const DESCRIPTION_CHARS_MAX: usize = 1_000;
/// Things on a page, if nothing is said, and at most.
const PAGE_DEFAULT: usize = 10;
const PAGE_MAX: usize = 100;

/// A call, understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// POST /v1/payment_intents
    CreateIntent {
        /// What it is made of.
        terms: Terms,
        /// The payment method to charge.
        method: Option<Method>,
        /// That it is to be confirmed at once, and how.
        confirm: Option<Confirm>,
        /// What is shown whole.
        expand: Expand,
    },
    /// GET /v1/payment_intents/{id}
    ReadIntent(String, Expand),
    /// POST /v1/payment_intents/{id}/confirm
    ConfirmIntent(String, Option<Method>, Confirm, Expand),
    /// POST /v1/payment_intents/{id}/capture
    CaptureIntent(String, Option<i64>, Expand),
    /// POST /v1/payment_intents/{id}/cancel
    CancelIntent(String, Option<String>, Expand),
    /// GET /v1/payment_intents
    ListIntents(Page, Option<u64>, Expand),
    /// GET /v1/payment_intents/search: by an entry of their metadata.
    SearchIntents(String, String, Expand),
    /// POST /v1/refunds
    CreateRefund(NewRefund),
    /// GET /v1/refunds/{id}
    ReadRefund(String),
    /// GET /v1/refunds, all or of one intent.
    ListRefunds(Page, Option<String>),
    /// GET /v1/disputes/{id}
    ReadDispute(String),
    /// GET /v1/disputes, all or of one intent.
    ListDisputes(Page, Option<String>),
    /// GET /v1/events/{id}
    ReadEvent(String),
    /// GET /v1/events
    ListEvents(Page),
}

/// A payment method and what it does.
#[derive(Debug, PartialEq, Eq)]
pub struct Method {
    /// `pm_…`
    pub name: String,
    /// What it does.
    pub card: Card,
}

/// How an intent is confirmed.
#[derive(Debug, PartialEq, Eq)]
pub struct Confirm {
    /// Where the buyer goes after 3-D Secure.
    pub return_url: Option<String>,
}

/// A refund to make.
#[derive(Debug, PartialEq, Eq)]
pub struct NewRefund {
    /// Of this intent.
    pub intent: String,
    /// How much, or all that is left.
    pub amount: Option<i64>,
    /// For people.
    pub reason: Option<String>,
    /// The caller's own.
    pub metadata: BTreeMap<String, String>,
}

/// Which part of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// Most things on it.
    pub limit: usize,
    /// What came before.
    pub starting_after: Option<String>,
}

impl Command {
    /// Understands a call by its method, the parts of its path after `/v1/` and its parameters.
    pub fn read(method: &str, path: &[&str], form: &Form) -> Result<Self, Refusal> {
        let text = |name: &str| form.text(name).map(str::to_owned);
        let expand = Expand::read(form, "");
        let expand_data = Expand::read(form, "data.");
        Ok(match (method, path) {
            ("POST", ["payment_intents"]) => {
                let terms = Terms::read(form)?;
                let confirm = form.parsed(&["confirm"])?.unwrap_or(false);
                Self::CreateIntent {
                    terms,
                    method: Method::read(form)?,
                    confirm: confirm.then(|| Confirm::read(form)).transpose()?,
                    expand,
                }
            }
            ("GET", ["payment_intents"]) => {
                Self::ListIntents(Page::read(form)?, form.parsed(&["created", "gte"])?, expand_data)
            }
            ("GET", ["payment_intents", "search"]) => {
                let query = form.text("query").ok_or_else(|| Refusal::missing("query"))?;
                let (key, value) = read_query(query).ok_or_else(|| Refusal::invalid("query", query))?;
                Self::SearchIntents(key, value, expand_data)
            }
            ("GET", ["payment_intents", id]) => Self::ReadIntent((*id).into(), expand),
            ("POST", ["payment_intents", id, "confirm"]) => {
                let (method, confirm) = (Method::read(form)?, Confirm::read(form)?);
                Self::ConfirmIntent((*id).into(), method, confirm, expand)
            }
            ("POST", ["payment_intents", id, "capture"]) => {
                Self::CaptureIntent((*id).into(), read_amount(form, "amount_to_capture")?, expand)
            }
            ("POST", ["payment_intents", id, "cancel"]) => {
                Self::CancelIntent((*id).into(), text("cancellation_reason"), expand)
            }
            ("POST", ["refunds"]) => Self::CreateRefund(NewRefund {
                intent: text("payment_intent").ok_or_else(|| Refusal::missing("payment_intent"))?,
                amount: read_amount(form, "amount")?,
                reason: text("reason"),
                metadata: read_metadata(form)?,
            }),
            ("GET", ["refunds"]) => Self::ListRefunds(Page::read(form)?, text("payment_intent")),
            ("GET", ["refunds", id]) => Self::ReadRefund((*id).into()),
            ("GET", ["disputes"]) => Self::ListDisputes(Page::read(form)?, text("payment_intent")),
            ("GET", ["disputes", id]) => Self::ReadDispute((*id).into()),
            ("GET", ["events"]) => Self::ListEvents(Page::read(form)?),
            ("GET", ["events", id]) => Self::ReadEvent((*id).into()),
            _ => return Err(Refusal::no_route(method, &format!("/v1/{}", path.join("/")))),
        })
    }

    /// What faults and counts call it.
    pub fn call(&self) -> Call {
        match self {
            Self::CreateIntent { .. } => Call::Create,
            Self::ConfirmIntent(..) => Call::Confirm,
            Self::CaptureIntent(..) => Call::Capture,
            Self::CancelIntent(..) => Call::Cancel,
            Self::CreateRefund(_) => Call::Refund,
            Self::ReadIntent(..) | Self::ReadRefund(_) | Self::ReadDispute(_) | Self::ReadEvent(_) => {
                Call::Retrieve
            }
            Self::ListIntents(..)
            | Self::SearchIntents(..)
            | Self::ListRefunds(..)
            | Self::ListDisputes(..)
            | Self::ListEvents(_) => Call::List,
        }
    }
}

impl Terms {
    fn read(form: &Form) -> Result<Self, Refusal> {
        let currency = form
            .text("currency")
            .ok_or_else(|| Refusal::missing("currency"))?;
        if !is_currency(currency) {
            return Err(Refusal::invalid("currency", currency));
        }
        let amount = read_amount(form, "amount")?.ok_or_else(|| Refusal::missing("amount"))?;
        let currency = currency.to_lowercase();
        check_charge(&currency, amount).map_err(|wrong| Refusal::not_charged(&currency, wrong))?;
        let description = form.text("description").map(str::to_owned);
        if description
            .as_ref()
            .is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX)
        {
            return Err(Refusal::invalid("description", "it is too long"));
        }
        Ok(Self {
            amount,
            currency,
            capture_method: match form.text("capture_method") {
                None | Some("automatic" | "automatic_async") => CaptureMethod::Automatic,
                Some("manual") => CaptureMethod::Manual,
                Some(other) => return Err(Refusal::invalid("capture_method", other)),
            },
            description,
            metadata: read_metadata(form)?,
        })
    }
}

impl Method {
    fn read(form: &Form) -> Result<Option<Self>, Refusal> {
        let Some(name) = form.text("payment_method") else {
            return Ok(None);
        };
        let card = find(name).ok_or_else(|| Refusal::names_nothing("payment_method", name))?;
        Ok(Some(Self {
            name: name.to_owned(),
            card,
        }))
    }
}

impl Confirm {
    fn read(form: &Form) -> Result<Self, Refusal> {
        let return_url = form.text("return_url").map(str::to_owned);
        match return_url {
            Some(address) if !is_web_address(&address) => Err(Refusal::invalid("return_url", &address)),
            return_url => Ok(Self { return_url }),
        }
    }
}

impl Page {
    fn read(form: &Form) -> Result<Self, Refusal> {
        let limit = form.parsed(&["limit"])?.unwrap_or(PAGE_DEFAULT);
        if !(1..=PAGE_MAX).contains(&limit) {
            return Err(Refusal::invalid("limit", &limit.to_string()));
        }
        Ok(Self {
            limit,
            starting_after: form.text("starting_after").map(str::to_owned),
        })
    }
}

impl Expand {
    fn read(form: &Form, prefix: &str) -> Self {
        let asked = form.list("expand");
        let has = |name: &str| asked.iter().any(|asked| asked.strip_prefix(prefix) == Some(name));
        let transaction = has("latest_charge.balance_transaction");
        Self {
            charge: transaction || has("latest_charge"),
            transaction,
        }
    }
}

fn read_amount(form: &Form, name: &'static str) -> Result<Option<i64>, Refusal> {
    let amount: Option<i64> = form.parsed(&[name])?;
    match amount {
        Some(amount) if amount < 1 => Err(Refusal::invalid(name, &amount.to_string())),
        amount => Ok(amount),
    }
}

fn read_metadata(form: &Form) -> Result<BTreeMap<String, String>, Refusal> {
    let metadata = form.hash("metadata");
    let fits = |(key, value): (&String, &String)| {
        key.chars().count() <= METADATA_KEY_CHARS_MAX && value.chars().count() <= METADATA_VALUE_CHARS_MAX
    };
    if metadata.len() > METADATA_ENTRIES_MAX || !metadata.iter().all(fits) {
        return Err(Refusal::invalid("metadata", "it is too large"));
    }
    Ok(metadata)
}

/// `metadata['key']:'value'`, in either kind of quotes; the only query that is understood.
fn read_query(query: &str) -> Option<(String, String)> {
    let rest = query.trim().strip_prefix("metadata[")?;
    let (key, value) = rest.split_once("]:")?;
    Some((unquote(key)?.to_owned(), unquote(value)?.to_owned()))
}

fn unquote(text: &str) -> Option<&str> {
    ['\'', '"'].iter().find_map(|quote| {
        let inner = text.strip_prefix(*quote)?.strip_suffix(*quote)?;
        (!inner.contains(['\'', '"', '\\'])).then_some(inner)
    })
}

#[cfg(test)]
mod tests {
    use super::{Command, Form, read_query};
    use crate::faults::Call;

    fn read(method: &str, path: &[&str], form: &str) -> Result<Call, String> {
        let form = Form::read(form.as_bytes()).unwrap();
        let read = Command::read(method, path, &form);
        read.map(|command| command.call())
            .map_err(|refusal| format!("{refusal:?}"))
    }

    #[test]
    fn each_path_has_its_call() {
        let create = "amount=100&currency=EUR&capture_method=manual&payment_method_types[]=card";
        assert_eq!(read("POST", &["payment_intents"], create), Ok(Call::Create));
        assert_eq!(
            read(
                "POST",
                &["payment_intents", "pi_1", "capture"],
                "amount_to_capture=5"
            ),
            Ok(Call::Capture)
        );
        let query = "query=metadata['payment']:'7'";
        assert_eq!(read("GET", &["payment_intents", "search"], query), Ok(Call::List));
        assert_eq!(read("GET", &["payment_intents", "pi_1"], ""), Ok(Call::Retrieve));
        assert!(read("DELETE", &["payment_intents", "pi_1"], "").is_err());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for form in [
            "currency=eur",
            "amount=0&currency=eur",
            "amount=x&currency=eur",
            "amount=100&currency=euro",
            "amount=49&currency=eur",
            "amount=5050&currency=isk",
            "amount=100000000&currency=usd",
            "amount=100&currency=eur&payment_method=pm_nobody",
            "amount=100&currency=eur&confirm=true&return_url=javascript:alert(1)",
        ] {
            assert!(read("POST", &["payment_intents"], form).is_err(), "{form}");
        }
        assert!(read("GET", &["refunds"], "limit=101").is_err());
    }

    #[test]
    fn queries_are_for_metadata() {
        let found = Some(("payment".to_owned(), "7".to_owned()));
        assert_eq!(read_query("metadata['payment']:'7'"), found);
        assert_eq!(read_query(r#"metadata["payment"]:"7""#), found);
        assert_eq!(read_query("amount>5"), None);
        assert_eq!(read_query("metadata['a']:'b' AND amount>5"), None);
    }
}
