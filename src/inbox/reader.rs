//! One reader of an inbox: the notices after those that it has, one after the other, as fast as it takes them. It holds a page at most; all
//! else waits in the inbox.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::open::OpenInboxes;
use super::readers::Reading;
use crate::store::inbox::{Acknowledged, InboxPage, NoticeRecord};
use domain::id::SessionId;

/// Notices that are read together.
const READ_NOTICES_MAX: i64 = 50;
/// How long a reader waits for a database that doesn't answer.
const AWAY_PAUSE: Duration = Duration::from_secs(1);

/// What a reader is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A notice.
    Notice(NoticeRecord),
    /// Notices before this number are not kept any more, and the reader has not had them all.
    Gap {
        /// The number of the first that is kept.
        first: i64,
    },
}

impl Message {
    /// The number up to which a reader has all that there is, with this.
    pub fn number(&self) -> i64 {
        match self {
            Self::Notice(notice) => notice.number,
            Self::Gap { first } => first - 1,
        }
    }
}

/// A reader of an inbox.
pub struct Reader {
    inboxes: Arc<OpenInboxes>,
    session: SessionId,
    /// The last notice that it was given.
    after: i64,
    read: VecDeque<Message>,
    reading: Reading,
    /// Whether there may be more than was read.
    may_have_more: bool,
    /// Before this it is not read again.
    read_at: Instant,
}

impl Reader {
    pub(super) fn new(inboxes: Arc<OpenInboxes>, session: SessionId, after: i64, reading: Reading) -> Self {
        Self {
            inboxes,
            session,
            after,
            read: VecDeque::new(),
            reading,
            may_have_more: true,
            read_at: Instant::now(),
        }
    }

    /// The next of what it is told. To wait no longer loses nothing.
    pub async fn next(&mut self) -> Message {
        loop {
            if let Some(message) = self.read.pop_front() {
                self.after = message.number();
                return message;
            }
            if !self.may_have_more {
                self.reading.changed().await;
                self.may_have_more = true;
            }
            sleep_until(self.read_at).await;
            self.reading.look();
            let page = self
                .inboxes
                .read(self.session, Some(self.after), READ_NOTICES_MAX)
                .await;
            match page {
                Ok(page) => self.take(page),
                Err(error) => {
                    tracing::debug!(error = %error, "an inbox can't be read now");
                    self.read_at = Instant::now() + AWAY_PAUSE;
                }
            }
        }
    }

    fn take(&mut self, page: InboxPage) {
        // One that is ahead of its inbox was told by a leader that has lost that, or by an inbox that is forgotten: it begins anew.
        if self.after < page.first - 1 || self.after > page.last {
            self.after = page.first - 1;
            self.read.push_back(Message::Gap { first: page.first });
        } else {
            self.read.extend(page.notices.into_iter().map(Message::Notice));
        }
        self.may_have_more = !self.read.is_empty();
    }

    /// Notes that the session has all up to a notice; false if there is none of this number.
    pub async fn acknowledge(&self, through: i64) -> bool {
        match self.inboxes.acknowledge(self.session, through).await {
            Ok(Acknowledged::Through(_)) => true,
            Ok(Acknowledged::Beyond(_)) => false,
            Err(error) => {
                // It says so again, with a later notice or when it comes back.
                tracing::debug!(error = %error, "an acknowledgement can't be written down now");
                true
            }
        }
    }
}
