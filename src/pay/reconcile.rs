//! Compares the ledger with a provider's book, payment by payment, in both directions.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use diesel::pg::PgConnection;

use super::provider::gateway::{Gateway, GatewayError, ProviderPhase, ProviderRecord};
use super::provider::pace::PAUSE_MAX;
use crate::store::error::StoreError;
use crate::store::reconcile::{Balance, begin, look_at_payment, not_seen, read_balances};
use domain::id::PaymentId;

/// Payments looked for at a time.
const PAYMENTS_MAX: i64 = 1_000;
/// Differences that are kept. More than this have a common cause, which the first ones show.
const DIFFERENCES_MAX: usize = 10_000;

/// How often a call is made again that was one too many for the provider.
const THROTTLED_MAX: usize = 20;
/// How long to wait before that, if the provider doesn't say.
const THROTTLED_WAIT: Duration = Duration::from_secs(2);

/// Where ledger and provider differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The provider.
    pub provider: &'static str,
    /// The payment, as both sides know it.
    pub payment: PaymentId,
    /// What differs.
    pub what: String,
    /// Whether the outbox is still at work on it: a difference that goes away by itself.
    pub under_way: bool,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payment = uuid::Uuid::from_u128(self.payment.0);
        let under_way = if self.under_way { " (under way)" } else { "" };
        write!(f, "{} payment {payment}: {}{under_way}", self.provider, self.what)
    }
}

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Reconciled {
    /// Payments of this office in the provider's book.
    pub payments: usize,
    /// Where they differ: the first ones. Of those that don't go away by themselves at least one, if there are any.
    pub differences: Vec<Difference>,
    /// How many more there are.
    pub more: usize,
}

impl Reconciled {
    fn add(&mut self, difference: Difference) {
        if self.differences.len() < DIFFERENCES_MAX {
            self.differences.push(difference);
            return;
        }
        self.more += 1;
        let is_first_lasting = !difference.under_way && self.differences.iter().all(|known| known.under_way);
        if let Some(last) = self.differences.last_mut().filter(|_| is_first_lasting) {
            *last = difference;
        }
    }

    /// Says that there is more than is listed.
    fn told(self, provider: &'static str) -> Self {
        if self.more > 0 {
            tracing::warn!(
                payment.provider = provider,
                differences.more = self.more,
                "there are more differences than are listed"
            );
        }
        self
    }
}

/// Why there is no comparison.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The database can't be read.
    #[error("the ledger can't be read: {0}")]
    Store(#[from] StoreError),
    /// The provider's book can't be read.
    #[error("the provider's book can't be read: {0}")]
    Gateway(#[from] GatewayError),
}

/// Compares all payments with a provider; `None` if it keeps no book.
pub async fn reconcile(
    connection: &mut PgConnection,
    gateway: &dyn Gateway,
) -> Result<Option<Reconciled>, ReconcileError> {
    let provider = gateway.name();
    let began_at = begin(connection).map_err(StoreError::from)?;
    let mut reconciled = Reconciled::default();
    let mut after = None;
    loop {
        let Some(page) = patiently(|| gateway.list(after.as_deref())).await? else {
            return Ok(None);
        };
        compare(connection, gateway, &page.records, &mut reconciled).await?;
        after = page.next_after;
        if after.is_none() {
            break;
        }
    }
    let mut last = PaymentId(0);
    loop {
        let missing =
            not_seen(connection, provider, began_at, last, PAYMENTS_MAX).map_err(StoreError::from)?;
        let Some((payment, _)) = missing.last() else {
            return Ok(Some(reconciled.told(provider)));
        };
        last = *payment;
        let missing = missing.into_iter().map(|(payment, under_way)| Difference {
            provider,
            payment,
            what: "the ledger has money of it, the provider does not know it".into(),
            under_way,
        });
        missing.for_each(|difference| reconciled.add(difference));
    }
}

async fn compare(
    connection: &mut PgConnection,
    gateway: &dyn Gateway,
    records: &[ProviderRecord],
    reconciled: &mut Reconciled,
) -> Result<(), ReconcileError> {
    let own: Vec<(PaymentId, &ProviderRecord)> = records
        .iter()
        .filter_map(|record| Some((record.payment?, record)))
        .collect();
    let payments: Vec<PaymentId> = own.iter().map(|(payment, _)| *payment).collect();
    let balances = balances_of(connection, gateway, &payments)?;
    reconciled.payments += own.len();
    for (payment, record) in own {
        // A page of the book doesn't tell how a dispute stands.
        let agrees = |balance: &Balance| !record.is_disputed && differences(balance, record).is_empty();
        if balances.get(&payment).is_some_and(agrees) {
            continue;
        }
        // The page was read before the ledger, or is about an attempt that came to nothing: once more, this one alone.
        let reference = balances
            .get(&payment)
            .and_then(|balance| balance.reference.clone());
        let now = patiently(|| gateway.look_up(payment, reference.as_deref())).await?;
        let now = now.unwrap_or_else(|| record.clone());
        let balance = balances_of(connection, gateway, &[payment])?.remove(&payment);
        let what = match &balance {
            Some(balance) => differences(balance, &now),
            None if matches!(now.phase, ProviderPhase::Captured | ProviderPhase::Authorised) => {
                vec!["the provider has money of it, the office does not know it".into()]
            }
            None => Vec::new(),
        };
        let is_taken_in = balance
            .as_ref()
            .is_some_and(|balance| can_be_taken_in(balance, &now));
        if is_taken_in {
            look_at_payment(connection, payment).map_err(StoreError::from)?;
        }
        let under_way = is_taken_in || balance.is_some_and(|balance| balance.under_way);
        let found = what.into_iter().map(|what| Difference {
            provider: gateway.name(),
            payment,
            what,
            under_way,
        });
        found.for_each(|difference| reconciled.add(difference));
    }
    Ok(())
}

/// Asks, and asks again for as long as the provider wants fewer calls.
async fn patiently<F, T>(ask: impl Fn() -> F) -> Result<T, GatewayError>
where
    F: Future<Output = Result<T, GatewayError>>,
{
    for _ in 0..THROTTLED_MAX {
        match ask().await {
            Err(GatewayError::Throttled { retry_after }) => {
                tokio::time::sleep(retry_after.unwrap_or(THROTTLED_WAIT).min(PAUSE_MAX)).await;
            }
            answer => return answer,
        }
    }
    ask().await
}

fn balances_of(
    connection: &mut PgConnection,
    gateway: &dyn Gateway,
    payments: &[PaymentId],
) -> Result<HashMap<PaymentId, Balance>, StoreError> {
    let balances = read_balances(connection, gateway.name(), payments)?;
    Ok(balances
        .into_iter()
        .map(|balance| (balance.payment, balance))
        .collect())
}

/// Whether more went back at the provider than the ledger has, or a dispute stands otherwise: a node takes that in.
fn can_be_taken_in(balance: &Balance, record: &ProviderRecord) -> bool {
    let listed: i64 = record.refunds.values().map(|refund| refund.amount).sum();
    balance.captured > 0
        && (record.refunded > balance.refunded && listed == record.refunded
            || record.called_back() != balance.disputed)
}

/// What differs, in words.
fn differences(balance: &Balance, record: &ProviderRecord) -> Vec<String> {
    let set_aside = if record.phase == ProviderPhase::Authorised {
        record.amount
    } else {
        0
    };
    let amounts = [
        ("set aside", balance.authorised, set_aside),
        ("taken", balance.captured, record.captured),
        ("given back", balance.refunded, record.refunded),
        ("kept by the provider", balance.fee, record.fee),
        ("called back by the bank", balance.disputed, record.called_back()),
    ];
    let currency = record.currency.map(String::from).unwrap_or_default();
    let mut found: Vec<String> = amounts
        .iter()
        .filter(|(_, ledger, provider)| ledger != provider)
        .map(|(what, ledger, provider)| format!("{what}: {ledger} in the ledger, {provider} at the provider"))
        .collect();
    if currency != balance.currency {
        let ours = &balance.currency;
        found.push(format!(
            "currency: {ours} in the ledger, {currency} at the provider"
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::pay::provider::gateway::{ProviderDispute, ProviderRefund};
    use domain::id::{DisputeId, RefundId};
    use domain::money::Currency;
    use domain::payment::DisputeState;

    fn balance() -> Balance {
        Balance {
            payment: PaymentId(1),
            reference: None,
            currency: "EUR".into(),
            authorised: 0,
            captured: 5_000,
            refunded: 1_000,
            fee: 95,
            disputed: 0,
            under_way: false,
        }
    }

    fn record() -> ProviderRecord {
        ProviderRecord {
            payment: Some(PaymentId(1)),
            reference: "pi_1".into(),
            phase: ProviderPhase::Captured,
            amount: 5_000,
            currency: Currency::try_from("EUR".to_owned()).ok(),
            captured: 5_000,
            refunded: 1_000,
            fee: 95,
            refunds: BTreeMap::new(),
            is_disputed: false,
            disputes: Vec::new(),
        }
    }

    #[test]
    fn however_much_differs_little_is_kept_and_what_lasts_is_not_lost() {
        let mut reconciled = Reconciled::default();
        let difference = |under_way| Difference {
            provider: "stripe",
            payment: PaymentId(1),
            what: "taken".into(),
            under_way,
        };
        for _ in 0..DIFFERENCES_MAX + 5 {
            reconciled.add(difference(true));
        }
        reconciled.add(difference(false));
        reconciled.add(difference(true));
        assert_eq!(
            (reconciled.differences.len(), reconciled.more),
            (DIFFERENCES_MAX, 7)
        );
        let lasting = reconciled.differences.iter().filter(|known| !known.under_way);
        assert_eq!(lasting.count(), 1);
    }

    #[test]
    fn each_difference_is_named() {
        assert_eq!(differences(&balance(), &record()), Vec::<String>::new());
        let twice = ProviderRecord {
            refunded: 2_000,
            ..record()
        };
        assert_eq!(
            differences(&balance(), &twice),
            ["given back: 1000 in the ledger, 2000 at the provider"]
        );
        let untaken = ProviderRecord {
            phase: ProviderPhase::Authorised,
            captured: 0,
            refunded: 0,
            fee: 0,
            currency: Currency::try_from("USD".to_owned()).ok(),
            ..record()
        };
        assert_eq!(differences(&balance(), &untaken).len(), 5);
    }

    #[test]
    fn what_went_back_at_the_provider_is_taken_in_if_its_refunds_are_known() {
        let refund = |amount| ProviderRefund {
            reference: "re_1".into(),
            amount,
        };
        let record = |refunded, listed| ProviderRecord {
            refunded,
            refunds: BTreeMap::from([(RefundId(1), refund(listed))]),
            ..record()
        };
        assert!(can_be_taken_in(&balance(), &record(1_500, 1_500)));
        assert!(
            !can_be_taken_in(&balance(), &record(1_500, 1_000)),
            "some are not listed"
        );
        assert!(
            !can_be_taken_in(&balance(), &record(500, 500)),
            "the ledger has more"
        );
        let disputed = ProviderRecord {
            disputes: vec![ProviderDispute {
                id: DisputeId(1),
                reference: "dp_1".into(),
                amount: 5_000,
                state: DisputeState::Open,
            }],
            ..record(1_000, 1_000)
        };
        assert!(can_be_taken_in(&balance(), &disputed));
        let known = Balance {
            disputed: 5_000,
            ..balance()
        };
        assert!(!can_be_taken_in(&known, &disputed));
        assert!(can_be_taken_in(&known, &record(1_000, 1_000)), "it was won");
    }
}
