//! What adaptors of real providers share: how ids are written in a provider's book, and what a record in it answers.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::gateway::{Authorisation, Gateway, GatewayError, ProviderPayment, ProviderPhase, ProviderRecord};
use domain::id::{PaymentId, RefundId};
use domain::payment::{Decline, DeclineCode};

/// Longest reason of a provider that is kept, in characters.
const REASON_CHARS_MAX: usize = 200;

/// The idempotency key of a call about this.
pub fn key_of(payment: &ProviderPayment, subject: &str) -> String {
    match payment.key_round {
        0 => subject.to_owned(),
        round => format!("{subject}-{round}"),
    }
}

/// An id as providers know it: a UUID with hyphens.
pub fn name_of(id: u128) -> String {
    Uuid::from_u128(id).hyphenated().to_string()
}

/// The payment of that name, if it is one of an office.
pub fn payment_of(name: &str) -> Option<PaymentId> {
    Uuid::parse_str(name).ok().map(|id| PaymentId(id.as_u128()))
}

/// The refund of that name, if it is one of an office.
pub fn refund_of(name: &str) -> Option<RefundId> {
    Uuid::parse_str(name).ok().map(|id| RefundId(id.as_u128()))
}

/// A provider's reason, cut to what is kept of it.
pub fn reason(text: &str) -> String {
    text.chars().take(REASON_CHARS_MAX).collect()
}

/// The id of a refund or dispute that was made at the provider: the same whenever it is met (a UUID of version 8, RFC 9562).
pub fn id_of(provider: &str, reference: &str) -> u128 {
    let digest: [u8; 32] = Sha256::digest(format!("{provider} {reference}")).into();
    let (first, _) = digest.split_at(16);
    let bytes = first.try_into().unwrap_or_default();
    uuid::Builder::from_custom_bytes(bytes).into_uuid().as_u128()
}

/// Why a payment has no money that was given up at the provider.
pub fn given_up() -> Decline {
    Decline::new(DeclineCode::GivenUp, "the payment was given up")
}

/// What a payment that stands like this answers to a charge.
pub fn authorisation(record: ProviderRecord) -> Result<Authorisation, GatewayError> {
    let reference = record.reference;
    match record.phase {
        ProviderPhase::ActionRequired(url) => Ok(Authorisation::ActionRequired { reference, url }),
        ProviderPhase::Authorised | ProviderPhase::Captured => Ok(Authorisation::Authorised { reference }),
        ProviderPhase::Voided => Err(GatewayError::Declined(given_up())),
        ProviderPhase::Declined(decline) => Err(GatewayError::Declined(decline)),
    }
}

/// Of the payments that a provider has under one name, with the times of their making: the newest that wasn't given up,
/// else the newest.
pub fn newest(
    candidates: impl IntoIterator<Item = (i64, ProviderRecord)>,
    payment: PaymentId,
) -> Option<ProviderRecord> {
    candidates
        .into_iter()
        .filter(|(_, record)| record.payment == Some(payment))
        .max_by_key(|(made, record)| (record.phase != ProviderPhase::Voided, *made))
        .map(|(_, record)| record)
}

/// The fee of a payment that can't be captured as it stands, if that is because it has been.
pub async fn captured_already(
    gateway: &dyn Gateway,
    payment: &ProviderPayment,
    why: String,
) -> Result<i64, GatewayError> {
    match gateway.look_up(payment.id, Some(&payment.reference)).await? {
        Some(record) if record.phase == ProviderPhase::Captured => Ok(record.fee),
        _ => Err(GatewayError::Declined(why.into())),
    }
}

/// Succeeds for a payment that can't be voided as it stands, if that is because nothing is set aside.
pub async fn voided_already(
    gateway: &dyn Gateway,
    payment: &ProviderPayment,
    why: String,
) -> Result<(), GatewayError> {
    let record = gateway.look_up(payment.id, Some(&payment.reference)).await?;
    match record.map(|record| record.phase) {
        Some(ProviderPhase::Voided | ProviderPhase::Declined(_)) => Ok(()),
        _ => Err(GatewayError::Declined(why.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(reference: &str, phase: ProviderPhase) -> ProviderRecord {
        ProviderRecord {
            payment: Some(PaymentId(7)),
            reference: reference.to_owned(),
            phase,
            amount: 100,
            currency: None,
            captured: 0,
            refunded: 0,
            fee: 0,
            refunds: Default::default(),
            is_disputed: false,
            disputes: Vec::new(),
        }
    }

    #[test]
    fn names_are_uuids_and_come_back() {
        let name = name_of(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        assert_eq!(name, "01234567-89ab-cdef-0123-456789abcdef");
        assert_eq!(
            payment_of(&name),
            Some(PaymentId(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef))
        );
        assert_eq!(payment_of("order 17"), None);
        assert_eq!(refund_of(&name_of(5)), Some(RefundId(5)));
    }

    #[test]
    fn long_reasons_are_cut_between_characters() {
        assert_eq!(reason("no"), "no");
        assert_eq!(reason(&"ß".repeat(500)), "ß".repeat(200));
    }

    #[test]
    fn a_standing_answers_the_charge() {
        let answer = |phase| authorisation(record("x", phase));
        let authorised = Ok(Authorisation::Authorised {
            reference: "x".into(),
        });
        assert_eq!(answer(ProviderPhase::Authorised), authorised);
        assert_eq!(answer(ProviderPhase::Captured), authorised);
        let page = Authorisation::ActionRequired {
            reference: "x".into(),
            url: "u".into(),
        };
        assert_eq!(answer(ProviderPhase::ActionRequired("u".into())), Ok(page));
        let declined = Err(GatewayError::Declined("no".into()));
        assert_eq!(answer(ProviderPhase::Declined("no".into())), declined);
        assert!(matches!(
            answer(ProviderPhase::Voided),
            Err(GatewayError::Declined(_))
        ));
    }

    #[test]
    fn the_newest_that_was_not_given_up_counts() {
        let find = |candidates: &[(i64, &str, ProviderPhase)]| {
            let candidates = candidates
                .iter()
                .map(|(made, reference, phase)| (*made, record(reference, phase.clone())));
            newest(candidates, PaymentId(7)).map(|record| record.reference)
        };
        assert_eq!(find(&[]), None);
        let (voided, authorised) = (ProviderPhase::Voided, ProviderPhase::Authorised);
        assert_eq!(
            find(&[
                (3, "c", voided.clone()),
                (2, "b", authorised.clone()),
                (1, "a", authorised)
            ]),
            Some("b".into())
        );
        assert_eq!(
            find(&[(1, "a", voided.clone()), (2, "b", voided.clone())]),
            Some("b".into())
        );
        assert_eq!(
            newest([(1, record("a", voided))], PaymentId(8)),
            None,
            "another's"
        );
    }
}
