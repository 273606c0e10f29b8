//! What a decision of the random test must say.

use super::*;

/// Holds a decision against the state after its batch, and what was known before.
pub fn check(command: &Command, decision: &Decision, state: &ShowState, known: &KnownRows, show: &Arc<Show>) {
    match (command, &decision.outcome) {
        (Command::Pay { session, order, .. }, Outcome::Paid(paid)) => {
            let live = state.order(*order).expect("a live order");
            assert_eq!((live.phase, live.terms.session), (Phase::Paid, *session));
            assert_eq!(
                (&live.places, live.terms.expires_at),
                (&paid.held.places, paid.held.expires_at)
            );
            assert_eq!(
                paid.held.created_at + TimeDelta::seconds(HOLD_SECONDS),
                paid.held.expires_at
            );
        }
        (Command::Change { base: Some(base), .. }, Outcome::Changed { revision, .. }) => {
            // One of several that were decided on the same terms.
            assert_eq!((*base, *revision), (show.revision, show.revision.next()));
        }
        (Command::Change { base: Some(base), .. }, Outcome::Refused(Refusal::OtherTerms(present))) => {
            assert!(base < present, "{base} {present}");
        }
        (Command::Block { places, .. }, Outcome::Refused(Refusal::SeatsNotFree(wrong))) => {
            assert_ne!(*wrong, Places::default());
            assert!(wrong.seats.iter().all(|seat| places.seats.contains(seat)));
            let fewer = wrong.zones.iter().zip(&places.zones);
            assert!(fewer.into_iter().all(|(free, wanted)| free.count < wanted.count));
        }
        (Command::ConfirmPayment { order, payment, .. }, Outcome::PaymentConfirmed(_)) => {
            // Whoever confirms captures: that happens once.
            let before = known.orders[order].paid.filter(|(paid_by, _)| paid_by == payment);
            assert_eq!(before, None);
        }
        (Command::ConfirmPayment { order, payment, .. }, Outcome::PaymentConfirmedBefore(_)) => {
            assert_eq!(known.orders[order].paid, Some((*payment, decision.offset)));
        }
        (
            Command::Return {
                order,
                tickets,
                by: Returner::Buyer,
                ..
            },
            Outcome::Returned(_) | Outcome::ReturnedSome { .. },
        ) => {
            let used = &known.orders[order].checked_in;
            assert!(tickets.iter().all(|ticket| !used.contains(ticket)));
        }
        (
            Command::Return {
                order,
                by: Returner::Provider,
                ..
            },
            Outcome::Returned(_),
        ) => assert!(known.orders[order].checked_in.is_empty()),
        _ => {}
    }
}
