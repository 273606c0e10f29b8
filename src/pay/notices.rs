//! Notices of providers, taken in together: those that come while a batch is being written go into the next one, so that
//! a storm of them, such as a mass refund brings, costs one connection and few commits. A notice is answered only when it
//! has been committed; what doesn't fit is turned away and sent again by the provider.

use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::provider::gateway::{About, News, Notice};
use super::{Payments, WaitingNotice};
use crate::closing::until_closing;
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use crate::store::notice::{NewNotice, take_notices};

/// Notices in one batch.
const NOTICES_BATCH_MAX: usize = 256;
/// How long a notice waits for its commit before the provider gets a 503 and has to send it again.
const WAIT_MAX: Duration = Duration::from_secs(4);

impl Payments {
    /// Records a verified notice, once however often it is sent; its payment is looked up.
    pub async fn take_notice(&self, provider: &'static str, notice: Notice) -> Result<(), StoreError> {
        if notice.news == News::RefundFailed {
            tracing::error!(
                payment = ?notice.about, payment.provider = provider,
                "a refund has not arrived: the buyer's money is at the provider again"
            );
        }
        let (payment, reference) = match notice.about {
            About::Payment(payment) => (Some(payment), None),
            About::Reference(reference) => (None, Some(reference)),
            About::Nothing => (None, None),
        };
        let money_back = match notice.news {
            News::MoneyBack { total } => Some(total.unwrap_or(i64::MAX)),
            News::Progress | News::RefundFailed => None,
        };
        let notice = NewNotice {
            provider,
            event: notice.event,
            payment,
            reference,
            money_back,
        };
        let (reply, answer) = oneshot::channel();
        let waiting = WaitingNotice { notice, reply };
        self.notices.try_send(waiting).map_err(|_full| StoreError::Busy)?;
        match tokio::time::timeout(WAIT_MAX, answer).await {
            Ok(Ok(taken)) => taken,
            // It may still be recorded, which does no harm.
            Ok(Err(_)) | Err(_) => Err(StoreError::Unavailable),
        }
    }

    pub(super) async fn take_notices_in(&self, mut closing: watch::Receiver<bool>) {
        let mut to_take = self.to_take.lock().await;
        let mut batch: Vec<WaitingNotice> = Vec::with_capacity(NOTICES_BATCH_MAX);
        loop {
            tokio::select! {
                () = until_closing(&mut closing) => return,
                _ = to_take.recv_many(&mut batch, NOTICES_BATCH_MAX) => {}
            }
            // The sender has given up waiting, and sends it again.
            batch.retain(|waiting| !waiting.reply.is_closed());
            let (notices, replies): (Vec<_>, Vec<_>) = batch
                .drain(..)
                .map(|waiting| (waiting.notice, waiting.reply))
                .unzip();
            if notices.is_empty() {
                continue;
            }
            let take = move |connection: &mut _| Ok(take_notices(connection, &notices)?);
            let taken = self.database.write(WriteKind::Notices, take).await;
            self.wake();
            for reply in replies {
                let _gone = reply.send(taken);
            }
        }
    }
}
