//! A provider with a page of its own, on which the buyer pays, and that tells of it later by a notice. Its interface is
//! plain JSON: payments by its own name or by the merchant's reference, captures and refunds below them.

mod wire;

use futures_util::FutureExt;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde::de::IgnoredAny;
use serde_json::json;

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
use wire::{HostedPage, HostedPayment};

/// The means of payment that stands for its page.
const PAGE: &str = "page";
/// Payments asked for at a time; the provider gives no more.
const PAGE_PAYMENTS_MAX: &str = "100";
/// The largest amount that it takes, in minor units, whatever the currency.
const AMOUNT_MAX: i64 = 99_999_999;

/// One merchant's account at the provider.
#[derive(Debug)]
pub struct Hosted {
    client: Client,
    webhook_secret: Option<SecretString>,
}

impl Hosted {
    /// The account of this key; nothing is asked of it yet.
    pub fn new(account: Account) -> Result<Self, ClientError> {
        let client = Client::new(ClientSettings {
            provider: "hosted",
            url: &account.url,
            key: &account.key,
            call_max: account.call_max,
            headers: HeaderMap::new(),
            read_refusal: wire::read_refusal,
        })?;
        Ok(Self {
            client,
            webhook_secret: account.webhook_secret,
        })
    }

    async fn by_reference(&self, reference: &str) -> Result<Option<ProviderRecord>, GatewayError> {
        let path = ["hosted", "payments", reference];
        let found: Result<HostedPayment, _> = self.client.get(&path, &[]).await;
        match found {
            Ok(payment) => Ok(Some(payment.record())),
            Err(Refusal::Missing(_)) => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn by_payment(&self, payment: PaymentId) -> Result<Option<ProviderRecord>, GatewayError> {
        let name = name_of(payment.0);
        let query = [("merchant_reference", name.as_str())];
        let found: HostedPage = self.client.get(&["hosted", "payments"], &query).await?;
        // They come oldest first.
        let records = found.payments.into_iter().map(HostedPayment::record);
        Ok(newest((0..).zip(records), payment))
    }
}

impl Gateway for Hosted {
    fn name(&self) -> &'static str {
        "hosted"
    }

    fn way(&self) -> Way<'_> {
        Way::Page(PAGE)
    }

    /// Its page, or a card, which the buyer can type in there as well.
    fn accepts(&self, payment_method: &str) -> bool {
        payment_method == PAGE || payment_method.starts_with("pm_")
    }

    fn check_amount(&self, amount: Money) -> Result<(), Unchargeable> {
        match amount.amount {
            ..1 => Err(Unchargeable::TooSmall),
            1..=AMOUNT_MAX => Ok(()),
            _ => Err(Unchargeable::TooLarge),
        }
    }

    fn signature_header(&self) -> Option<&'static str> {
        Some("Hosted-Signature")
    }

    fn authorise<'a>(&'a self, charge: &'a Charge) -> Answer<'a, Authorisation> {
        async move {
            let payment = name_of(charge.payment.0);
            let body = json!({
                "amount": { "value": charge.amount.amount, "currency": charge.amount.currency.code() },
                "merchant_reference": payment,
                "return_url": charge.return_url,
            });
            let path = ["hosted", "payments"];
            let made: HostedPayment = self.client.post(&path, &payment, Body::Json(body)).await?;
            authorisation(made.record())
        }
        .boxed()
    }

    fn capture<'a>(&'a self, payment: &'a ProviderPayment) -> Answer<'a, i64> {
        async move {
            let key = key_of(payment, &format!("{}-capture", name_of(payment.id.0)));
            let path = ["hosted", "payments", &payment.reference, "captures"];
            let taken: Result<HostedPayment, _> = self.client.post(&path, &key, Body::Json(json!({}))).await;
            match taken {
                Ok(payment) => Ok(payment.record().fee),
                Err(Refusal::WrongState(why)) => captured_already(self, payment, why).await,
                Err(refusal) => Err(refusal.into()),
            }
        }
        .boxed()
    }

    fn void<'a>(&'a self, payment: &'a ProviderPayment) -> Answer<'a, ()> {
        async move {
            let key = key_of(payment, &format!("{}-void", name_of(payment.id.0)));
            let path = ["hosted", "payments", &payment.reference];
            let given_up: Result<IgnoredAny, _> = self.client.delete(&path, &key).await;
            match given_up {
                Ok(_) => Ok(()),
                Err(Refusal::WrongState(why)) => voided_already(self, payment, why).await,
                Err(refusal) => Err(refusal.into()),
            }
        }
        .boxed()
    }

    fn refund<'a>(&'a self, payment: &'a ProviderPayment, refund: RefundId, amount: i64) -> Answer<'a, ()> {
        async move {
            let refund = name_of(refund.0);
            let key = key_of(payment, &refund);
            let body = json!({ "amount": amount, "refund_reference": refund });
            let path = ["hosted", "payments", &payment.reference, "refunds"];
            let _made: IgnoredAny = self.client.post(&path, &key, Body::Json(body)).await?;
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
            match reference {
                Some(reference) => self.by_reference(reference).await,
                None => self.by_payment(payment).await,
            }
        }
        .boxed()
    }

    fn list<'a>(&'a self, after: Option<&'a str>) -> Answer<'a, Option<Page>> {
        async move {
            let mut query = vec![("limit", PAGE_PAYMENTS_MAX)];
            query.extend(after.map(|after| ("after", after)));
            let page: HostedPage = self.client.get(&["hosted", "payments"], &query).await?;
            Ok(Some(Page {
                records: page.payments.into_iter().map(HostedPayment::record).collect(),
                next_after: page.next,
            }))
        }
        .boxed()
    }

    fn read_notice(&self, delivery: Delivery<'_>) -> Result<Notice, NoticeError> {
        signature::prove(self.webhook_secret.as_ref(), "sha256", &delivery)?;
        wire::read_notice(delivery.body)
    }
}

#[cfg(test)]
mod tests;
