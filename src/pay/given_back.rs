//! Refunds and disputes that were made at a provider: its book is believed. The ledger takes them in, an order whose money went
//! back as a whole gives its places back, and what this office has yet to give back is cut to what is left.

use std::sync::Arc;

use super::provider::gateway::ProviderRecord;
use super::task::TaskOutcome;
use super::{Payments, new_refund_id};
use crate::store::database::WriteKind;
use crate::store::given_back::{Booked, Dispute, GivenBack, book_given_back};
use crate::store::payment::PaymentRecord;
use domain::command::{Command, Returner};
use domain::outcome::{Outcome, Refusal};
use domain::payment::DisputeState;
use domain::reference::OrderNumber;
use domain::show::Show;

impl Payments {
    /// Takes in what the book says of a payment that has its money.
    pub(super) async fn take_in(
        &self,
        payment: &PaymentRecord,
        record: ProviderRecord,
    ) -> Result<TaskOutcome, TaskOutcome> {
        let (told, of) = (given_back(&record), payment.clone());
        let write = move |connection: &mut _| {
            let booked = book_given_back(connection, of.show, of.id, &told)?;
            report(&of, &booked);
            Ok(booked)
        };
        let booked = self.database.write(WriteKind::Outbox, write).await?;
        if booked.emptied.is_empty() {
            return Ok(TaskOutcome::AllWell);
        }
        let Some(show) = self.shows.show(payment.show).await? else {
            return Ok(TaskOutcome::AllWell);
        };
        for order in booked.emptied {
            self.end_without_money(&show, payment, order).await?;
        }
        self.wake();
        Ok(TaskOutcome::AllWell)
    }

    /// Takes the tickets of an order back whose money went back at the provider, if all of it did.
    async fn end_without_money(
        &self,
        show: &Arc<Show>,
        payment: &PaymentRecord,
        order: OrderNumber,
    ) -> Result<(), TaskOutcome> {
        let give_back = Command::Return {
            order,
            tickets: Vec::new(),
            by: Returner::Provider,
            refund: new_refund_id(),
        };
        let passed = self.turnstile.pass(show, give_back, None).await;
        match passed.as_ref().map(|decision| &decision.outcome) {
            Ok(Outcome::Refused(Refusal::TicketsUsed(_))) => {
                tracing::error!(
                    payment.id = %payment.id, payment.provider = payment.provider,
                    "an order was refunded at the provider whose tickets have been used"
                );
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(error) => Err(TaskOutcome::Failed(error.to_string())),
        }
    }
}

/// What has gone back of a payment by the provider's book, and what is left of it.
pub(super) fn given_back(record: &ProviderRecord) -> GivenBack {
    let refunds = record.refunds.iter();
    let refunds = refunds.map(|(id, refund)| (*id, refund.amount, refund.reference.clone()));
    let disputes = record.disputes.iter().map(|dispute| Dispute {
        id: dispute.id,
        reference: dispute.reference.clone(),
        amount: dispute.amount,
        state: dispute.state,
    });
    GivenBack {
        refunds: refunds.collect(),
        disputes: disputes.collect(),
        left: record.left(),
    }
}

/// Tells the operator what someone has to see to.
pub(super) fn report(payment: &PaymentRecord, booked: &Booked) {
    let provider = &payment.provider;
    if booked.new_refunds > 0 {
        let refunds = booked.new_refunds as u64;
        metrics::counter!("boxoffice_refunds_elsewhere_total", "provider" => provider.clone())
            .increment(refunds);
        tracing::info!(
            payment.id = %payment.id, payment.provider = provider, refunds.new = refunds,
            "money was given back at the provider"
        );
    }
    for (reference, amount, currency, state) in &booked.disputes {
        let state_name = match state {
            DisputeState::Open => "open",
            DisputeState::Won => "won",
            DisputeState::Lost => "lost",
        };
        metrics::counter!("boxoffice_disputes_total", "provider" => provider.clone(), "state" => state_name)
            .increment(1);
        if *state == DisputeState::Open {
            tracing::error!(
                payment.id = %payment.id, payment.provider = provider, dispute.reference = reference,
                dispute.minor_units = amount, dispute.currency = currency,
                "a buyer's bank has called a payment back: answer it at the provider; its tickets open no door meanwhile"
            );
        } else {
            tracing::info!(
                payment.id = %payment.id, payment.provider = provider, dispute.reference = reference,
                dispute.state = state_name, "a dispute has ended"
            );
        }
    }
}
