//! Stripe, over its HTTP interface: a payment is a PaymentIntent that is confirmed when it is made and captured later.
//! The interface is described at <https://docs.stripe.com/api>.
//!
//! Stripe's search shows a payment only some time after it was made, usually within a minute: one that was made and
//! whose answer got lost is found sooner by asking for it again under the same key.

mod units;
pub mod wire;

use futures_util::FutureExt;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use super::account::Account;
use super::adaptor::{authorisation, captured_already, key_of, name_of, newest, voided_already};
use super::client::{Body, Client, ClientError, ClientSettings, Refusal};
use super::gateway::{
    Answer, Authorisation, Charge, Delivery, Gateway, GatewayError, Notice, NoticeError, Page,
    ProviderPayment, ProviderRecord, Unchargeable, Way,
};
use super::signature;
use domain::id::{PaymentId, RefundId};
use domain::money::Money;
use wire::{Dispute, Intent, List, Named, Refund};

/// The version of the interface that is spoken, whatever the account's own is.
const VERSION: HeaderValue = HeaderValue::from_static("2024-06-20");
const VERSION_HEADER: HeaderName = HeaderName::from_static("stripe-version");
/// Objects asked for at a time; Stripe gives no more.
const PAGE_OBJECTS_MAX: &str = "100";
/// Most pages of the refunds, or disputes, of one payment.
const LIST_PAGES_MAX: usize = 10;
/// What else is to be told of a payment: the charge, with its fee.
const FEE: &str = "latest_charge.balance_transaction";
/// The same, of the payments of a list.
const FEES: &str = "data.latest_charge.balance_transaction";

/// One account at Stripe.
#[derive(Debug)]
pub struct Stripe {
    client: Client,
    webhook_secret: Option<SecretString>,
    publishable_key: Option<String>,
}

impl Stripe {
    /// The account of this key; nothing is asked of it yet.
    pub fn new(account: Account) -> Result<Self, ClientError> {
        let client = Client::new(ClientSettings {
            provider: "stripe",
            url: &account.url,
            key: &account.key,
            call_max: account.call_max,
            headers: HeaderMap::from_iter([(VERSION_HEADER, VERSION)]),
            read_refusal: wire::read_refusal,
        })?;
        Ok(Self {
            client,
            webhook_secret: account.webhook_secret,
            publishable_key: None,
        })
    }

    /// The same with the key by which its script, on the office's page, is known to be this account's.
    pub fn with_publishable_key(self, publishable_key: Option<String>) -> Self {
        Self {
            publishable_key,
            ..self
        }
    }

    /// Has something done to a payment.
    async fn change(
        &self,
        reference: &str,
        verb: &str,
        key: &str,
        form: &[(&str, &str)],
    ) -> Result<Intent, Refusal> {
        let path = ["v1", "payment_intents", reference, verb];
        self.client.post(&path, key, Body::Form(form)).await
    }

    async fn by_reference(&self, reference: &str) -> Result<Option<ProviderRecord>, GatewayError> {
        let path = ["v1", "payment_intents", reference];
        let found: Result<Intent, _> = self.client.get(&path, &[("expand[]", FEE)]).await;
        match found {
            Ok(intent) => Ok(Some(intent.record())),
            Err(Refusal::Missing(_)) => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn by_payment(&self, payment: PaymentId) -> Result<Option<ProviderRecord>, GatewayError> {
        let query = format!("metadata['payment']:'{}'", name_of(payment.0));
        let query = [("query", query.as_str()), ("expand[]", FEES)];
        let path = ["v1", "payment_intents", "search"];
        let found: List<Intent> = self.client.get(&path, &query).await?;
        let candidates = found
            .data
            .into_iter()
            .map(|intent| (intent.created, intent.record()));
        Ok(newest(candidates, payment))
    }

    /// All of a list of what belongs to a payment. Of a part of it, some refunds would be taken for ones that haven't been made,
    /// and be made again.
    async fn all<T: DeserializeOwned + Named>(
        &self,
        list: &str,
        reference: &str,
    ) -> Result<Vec<T>, GatewayError> {
        let mut all: Vec<T> = Vec::new();
        for _ in 0..LIST_PAGES_MAX {
            let after = all.last().map(|last| last.name().to_owned());
            let mut query = vec![("payment_intent", reference), ("limit", PAGE_OBJECTS_MAX)];
            query.extend(after.as_deref().map(|after| ("starting_after", after)));
            let page: List<T> = self.client.get(&["v1", list], &query).await?;
            let is_last = !page.has_more || page.data.is_empty();
            all.extend(page.data);
            if is_last {
                return Ok(all);
            }
        }
        Err(GatewayError::Unavailable(format!(
            "the payment has more {list} than are read"
        )))
    }
}

/// An amount as Stripe takes it. One that it has none for is refused here, and never sent as another one.
fn to_stripe(amount: Money) -> Result<i64, GatewayError> {
    let refused = || GatewayError::Declined(Unchargeable::Inexact.to_string().into());
    units::to_stripe(amount).ok_or_else(refused)
}

impl Gateway for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn way(&self) -> Way<'_> {
        Way::Card(self.publishable_key.as_deref())
    }

    fn accepts(&self, payment_method: &str) -> bool {
        payment_method.starts_with("pm_")
    }

    fn check_amount(&self, amount: Money) -> Result<(), Unchargeable> {
        units::check(amount)
    }

    fn signature_header(&self) -> Option<&'static str> {
        Some("Stripe-Signature")
    }

    fn authorise<'a>(&'a self, charge: &'a Charge) -> Answer<'a, Authorisation> {
        async move {
            let payment = name_of(charge.payment.0);
            let amount = to_stripe(charge.amount)?.to_string();
            let currency = charge.amount.currency.code().to_ascii_lowercase();
            let mut form = vec![
                ("amount", amount.as_str()),
                ("currency", currency.as_str()),
                ("capture_method", "manual"),
                ("confirm", "true"),
                ("payment_method", charge.payment_method.as_str()),
                ("payment_method_types[]", "card"),
                ("metadata[payment]", payment.as_str()),
            ];
            form.extend(charge.return_url.as_deref().map(|url| ("return_url", url)));
            let path = ["v1", "payment_intents"];
            let intent: Intent = self.client.post(&path, &payment, Body::Form(&form)).await?;
            authorisation(intent.record())
        }
        .boxed()
    }

    fn capture<'a>(&'a self, payment: &'a ProviderPayment) -> Answer<'a, i64> {
        async move {
            let key = key_of(payment, &format!("{}-capture", name_of(payment.id.0)));
            let form = [("expand[]", FEE)];
            match self.change(&payment.reference, "capture", &key, &form).await {
                Ok(intent) => Ok(intent.fee()),
                Err(Refusal::WrongState(why)) => captured_already(self, payment, why).await,
                Err(refusal) => Err(refusal.into()),
            }
        }
        .boxed()
    }

    fn void<'a>(&'a self, payment: &'a ProviderPayment) -> Answer<'a, ()> {
        async move {
            let key = key_of(payment, &format!("{}-void", name_of(payment.id.0)));
            match self.change(&payment.reference, "cancel", &key, &[]).await {
                Ok(_) => Ok(()),
                Err(Refusal::WrongState(why)) => voided_already(self, payment, why).await,
                Err(refusal) => Err(refusal.into()),
            }
        }
        .boxed()
    }

    fn refund<'a>(&'a self, payment: &'a ProviderPayment, refund: RefundId, amount: i64) -> Answer<'a, ()> {
        async move {
            let amount = to_stripe(Money {
                amount,
                currency: payment.amount.currency,
            })?;
            let (name, refund, amount) = (name_of(payment.id.0), name_of(refund.0), amount.to_string());
            let form = [
                ("payment_intent", payment.reference.as_str()),
                ("amount", amount.as_str()),
                ("metadata[refund]", refund.as_str()),
                ("metadata[payment]", name.as_str()),
            ];
            let path = ["v1", "refunds"];
            let key = key_of(payment, &refund);
            let made: Refund = self.client.post(&path, &key, Body::Form(&form)).await?;
            if made.has_failed() {
                return Err(GatewayError::Declined("the refund failed".into()));
            }
            Ok(())
        }
        .boxed()
    }

    fn look_up<'a>(
        &'a self,
        payment: PaymentId,
        reference: Option<&'a str>,
    ) -> Answer<'a, Option<ProviderRecord>> {
        async move {
            let found = match reference {
                Some(reference) => self.by_reference(reference).await?,
                None => self.by_payment(payment).await?,
            };
            let Some(mut record) = found else {
                return Ok(None);
            };
            if record.refunded > 0 {
                let refunds: Vec<Refund> = self.all("refunds", &record.reference).await?;
                record.refunds = refunds.into_iter().filter_map(Refund::record).collect();
            }
            if record.is_disputed {
                let disputes: Vec<Dispute> = self.all("disputes", &record.reference).await?;
                record.disputes = disputes.into_iter().filter_map(Dispute::record).collect();
            }
            Ok(Some(record))
        }
        .boxed()
    }

    fn list<'a>(&'a self, after: Option<&'a str>) -> Answer<'a, Option<Page>> {
        async move {
            let mut query = vec![("limit", PAGE_OBJECTS_MAX), ("expand[]", FEES)];
            query.extend(after.map(|after| ("starting_after", after)));
            let page: List<Intent> = self.client.get(&["v1", "payment_intents"], &query).await?;
            let last = page.data.last().map(|intent| intent.id.clone());
            Ok(Some(Page {
                records: page.data.into_iter().map(Intent::record).collect(),
                next_after: last.filter(|_| page.has_more),
            }))
        }
        .boxed()
    }

    fn read_notice(&self, delivery: Delivery<'_>) -> Result<Notice, NoticeError> {
        signature::prove(self.webhook_secret.as_ref(), "v1", &delivery)?;
        wire::read_event(delivery.body)
    }
}

#[cfg(test)]
mod tests;
