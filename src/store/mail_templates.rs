//! Organisers' own words in mail, and as whom they write.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Nullable, SmallInt, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::mails::Sender;
use super::statement::{self, statement};
use domain::id::OrganiserId;
use domain::mail::{Language, MailKind};

statement! {
    struct Find("mail_templates/find.sql") { organiser: SqlUuid = Uuid, kind: SmallInt = i16, language: Text = &'static str }
    -> (Text, Text, Nullable<Text>)
}

statement! {
    struct Put("mail_templates/put.sql") {
        organiser: SqlUuid = Uuid,
        kind: SmallInt = i16,
        language: Text = &'static str,
        subject: Text = String,
        text: Text = String,
        html: Nullable<Text> = Option<String>,
    } -> ()
}

statement! {
    struct Delete("mail_templates/delete.sql") { organiser: SqlUuid = Uuid, kind: SmallInt = i16, language: Text = &'static str }
    -> ()
}

statement! {
    struct FindSender("mail_templates/find_sender.sql") { organiser: SqlUuid = Uuid }
    -> (Nullable<Text>, Nullable<Text>, Nullable<Text>)
}

statement! {
    struct PutSender("mail_templates/put_sender.sql") {
        organiser: SqlUuid = Uuid,
        name: Nullable<Text> = Option<String>,
        reply_to: Nullable<Text> = Option<String>,
        language: Nullable<Text> = Option<String>,
    } -> ()
}

/// Words for one kind of mail in one language, with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTemplate {
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The HTML; without it, it is made from the text.
    pub html: Option<String>,
}

/// An organiser's own words, if it has any.
pub fn find_template(
    connection: &mut PgConnection,
    organiser: OrganiserId,
    kind: MailKind,
    language: Language,
) -> QueryResult<Option<StoredTemplate>> {
    let find = Find {
        organiser: Uuid::from_u128(organiser.0),
        kind: kind as i16,
        language: language.code(),
    };
    let found: Option<(String, String, Option<String>)> = statement::first(connection, find)?;
    Ok(found.map(|(subject, text, html)| StoredTemplate { subject, text, html }))
}

/// Has an organiser's own words used from now on.
pub fn put_template(
    connection: &mut PgConnection,
    organiser: OrganiserId,
    kind: MailKind,
    language: Language,
    template: StoredTemplate,
) -> QueryResult<()> {
    let put = Put {
        organiser: Uuid::from_u128(organiser.0),
        kind: kind as i16,
        language: language.code(),
        subject: template.subject,
        text: template.text,
        html: template.html,
    };
    statement::execute(connection, put).map(drop)
}

/// Has the office's words used again.
pub fn delete_template(
    connection: &mut PgConnection,
    organiser: OrganiserId,
    kind: MailKind,
    language: Language,
) -> QueryResult<()> {
    let delete = Delete {
        organiser: Uuid::from_u128(organiser.0),
        kind: kind as i16,
        language: language.code(),
    };
    statement::execute(connection, delete).map(drop)
}

/// As whom an organiser writes: as the settings say, where it has said nothing.
pub fn find_sender(connection: &mut PgConnection, organiser: OrganiserId) -> QueryResult<Sender> {
    type Row = (Option<String>, Option<String>, Option<String>);
    let organiser = Uuid::from_u128(organiser.0);
    let found: Option<Row> = statement::first(connection, FindSender { organiser })?;
    let sender = found.map(|(name, reply_to, language)| Sender {
        name,
        reply_to,
        language,
    });
    Ok(sender.unwrap_or_default())
}

/// Has an organiser write as this one from now on.
pub fn put_sender(connection: &mut PgConnection, organiser: OrganiserId, sender: Sender) -> QueryResult<()> {
    let put = PutSender {
        organiser: Uuid::from_u128(organiser.0),
        name: sender.name,
        reply_to: sender.reply_to,
        language: sender.language,
    };
    statement::execute(connection, put).map(drop)
}
