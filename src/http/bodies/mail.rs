//! Mail on the wire: organisers' own words, as whom they write, and what became of mails.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::mail::template::Filled;
use crate::store::mail_list::{ListedMail, MailState};
use crate::store::mail_templates::StoredTemplate;
use domain::mail::MailKind;

/// What a mail tells a buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailKindBody {
    /// The order is paid: its tickets.
    Paid,
    /// Tickets were given back.
    Refunded,
    /// The show is called otherwise, or takes place at another time.
    Changed,
    /// The show is canceled, and with it the order.
    Canceled,
    /// Places that the buyer has waited for are kept for them.
    Offer,
}

impl From<MailKind> for MailKindBody {
    fn from(kind: MailKind) -> Self {
        match kind {
            MailKind::Paid => Self::Paid,
            MailKind::Refunded => Self::Refunded,
            MailKind::Changed => Self::Changed,
            MailKind::Canceled => Self::Canceled,
            MailKind::Offer => Self::Offer,
        }
    }
}

/// A language that the office has words in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LanguageBody {
    /// English.
    En,
    /// German.
    De,
}

impl LanguageBody {
    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }
}

/// An organiser's own words for one kind of mail in one language.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMailTemplateBody {
    /// The subject, with placeholders such as `{{show}}`.
    #[schema(min_length = 1, max_length = 200)]
    pub subject: String,
    /// The text, with placeholders; 64 KiB at most.
    #[schema(min_length = 1, max_length = 65536)]
    pub text: String,
    /// The HTML, with placeholders, 64 KiB at most; made from the text if left out.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 65536, nullable = false)]
    pub html: Option<String>,
}

impl From<NewMailTemplateBody> for StoredTemplate {
    fn from(body: NewMailTemplateBody) -> Self {
        Self {
            subject: body.subject,
            text: body.text,
            html: body.html,
        }
    }
}

/// The words of one kind of mail in one language.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailTemplateBody {
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The HTML; null where it is made from the text.
    #[schema(required)]
    pub html: Option<String>,
    /// Whether these are the organiser's own words, and not the office's.
    pub own: bool,
    /// The placeholders that may stand in them, without their braces.
    pub placeholders: Vec<String>,
}

/// A mail as it would be.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailPreviewBody {
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The HTML. Pictures of tickets are not in it.
    pub html: String,
}

impl From<Filled> for MailPreviewBody {
    fn from(filled: Filled) -> Self {
        Self {
            subject: filled.subject,
            text: filled.text,
            html: filled.html,
        }
    }
}

/// As whom an organiser writes. What is left out, or null, is as the office's settings say.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailSenderBody {
    /// The name beside the office's address.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// Where answers go.
    #[serde(default)]
    #[schema(required, max_length = 254)]
    pub reply_to: Option<String>,
    /// The language for buyers who have named none that the office has words in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub language: Option<LanguageBody>,
}

/// How a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailStateBody {
    /// It is to be sent, or sent again.
    Waiting,
    /// The mail server has taken it. That it arrived is not known.
    Sent,
    /// The mail server will never take it.
    Refused,
    /// The mail server has not taken it for too long.
    GivenUp,
    /// It was not sent: the order had ended, a later mail says more, or there is no address any more.
    Dropped,
}

impl From<MailState> for MailStateBody {
    fn from(state: MailState) -> Self {
        match state {
            MailState::Waiting => Self::Waiting,
            MailState::Sent => Self::Sent,
            MailState::Refused => Self::Refused,
            MailState::GivenUp => Self::GivenUp,
            MailState::Dropped => Self::Dropped,
        }
    }
}

impl From<MailStateBody> for MailState {
    fn from(state: MailStateBody) -> Self {
        match state {
            MailStateBody::Waiting => Self::Waiting,
            MailStateBody::Sent => Self::Sent,
            MailStateBody::Refused => Self::Refused,
            MailStateBody::GivenUp => Self::GivenUp,
            MailStateBody::Dropped => Self::Dropped,
        }
    }
}

/// What became of a mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailBody {
    /// Whose order it is about.
    pub order: String,
    /// What it tells.
    pub kind: MailKindBody,
    /// The event of the show's journal that it tells of.
    #[schema(minimum = 1)]
    pub offset: i64,
    /// When that happened.
    pub caused_at: DateTime<Utc>,
    /// How it stands.
    pub state: MailStateBody,
    /// How often the mail server was asked.
    #[schema(minimum = 0)]
    pub attempts: i32,
    /// What it said last (RFC 5321); null if it said nothing.
    #[schema(required, minimum = 200, maximum = 599)]
    pub status: Option<i16>,
    /// When it is tried again; null if it isn't.
    #[schema(required)]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When it was sent or ended otherwise; null while it waits.
    #[schema(required)]
    pub ended_at: Option<DateTime<Utc>>,
}

impl MailBody {
    /// A mail about the order of this reference.
    pub fn of(order: String, mail: &ListedMail) -> Self {
        Self {
            order,
            kind: mail.place.kind.into(),
            offset: mail.place.offset.0,
            caused_at: mail.caused_at,
            state: mail.state.into(),
            attempts: mail.attempts,
            status: mail.status,
            next_attempt_at: mail.due_at,
            ended_at: mail.ended_at,
        }
    }
}

/// A page of mails.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailsPage {
    /// Order by order.
    pub mails: Vec<MailBody>,
    /// Where the next page begins; null on the last. A page may be short, or empty, and have a next one.
    #[schema(required)]
    pub next_after: Option<String>,
}
