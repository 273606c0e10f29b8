//! Organisers' own words in mail to buyers, and as whom they write.

use actix_web::{HttpResponse, delete, get, post, put, web};

use super::bodies::mail::{
    LanguageBody, MailPreviewBody, MailSenderBody, MailTemplateBody, NewMailTemplateBody,
};
use super::body::{Json, Raw, read_optional_json};
use super::caller::{Organiser, Reader};
use super::change::idempotency_key;
use super::extract::{KeyHeader, TheOffice};
use super::keys::bad_name;
use super::problem::Problem;
use crate::mail::letter::sample_values;
use crate::mail::template::{check, fill, office_template, placeholders};
use crate::office::Office;
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::mail_templates::{
    StoredTemplate, delete_template, find_sender, find_template, put_sender, put_template,
};
use crate::store::mails::Sender;
use domain::details::read_email;
use domain::id::OrganiserId;
use domain::mail::{Language, MailKind};
use domain::text::read_name;

/// A kind of mail and a language in a path.
fn read_path((kind, language): &(String, String)) -> Result<(MailKind, Language), Problem> {
    let kind = MailKind::from_name(kind).ok_or_else(|| Problem::not_found("kind of mail"))?;
    let language = Language::ALL.into_iter().find(|known| known.code() == language);
    Ok((kind, language.ok_or_else(|| Problem::not_found("language"))?))
}

fn checked(kind: MailKind, body: NewMailTemplateBody) -> Result<StoredTemplate, Problem> {
    let template = StoredTemplate::from(body);
    let fault = check(kind, &template).err();
    match fault {
        None => Ok(template),
        Some(fault) => Err(Problem::invalid(format!("/{}", fault.member), fault.detail)),
    }
}

fn body_of(kind: MailKind, template: StoredTemplate, own: bool) -> MailTemplateBody {
    MailTemplateBody {
        subject: template.subject,
        text: template.text,
        html: template.html,
        own,
        placeholders: placeholders(kind).map(str::to_owned).collect(),
    }
}

/// An organiser's own words, if it has any.
async fn own_template(
    office: &Office,
    of: OrganiserId,
    kind: MailKind,
    language: Language,
) -> Result<Option<StoredTemplate>, Problem> {
    let read = move |connection: &mut _| Ok(find_template(connection, of, kind, language)?);
    Ok(office.database.read(read).await?)
}

/// The words of a kind of mail.
///
/// Your own, or the office's where you have none.
#[utoipa::path(tag = "mail", params(
    ("kind" = String, Path, description = "What the mail tells: `paid`, `refunded`, `changed` or `canceled`"),
    ("language" = String, Path, description = "The language: `en` or `de`"),
), responses(
    (status = 200, description = "The words", body = MailTemplateBody),
))]
#[get("/v1/mail-templates/{kind}/{language}")]
pub async fn get_mail_template(
    office: TheOffice,
    reader: Reader,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (kind, language) = read_path(&path)?;
    let own = own_template(&office, reader.organiser(), kind, language).await?;
    let is_own = own.is_some();
    let template = own.unwrap_or_else(|| office_template(kind, language));
    Ok(HttpResponse::Ok().json(body_of(kind, template, is_own)))
}

/// Have your own words used.
///
/// From the next mail on. `{{show}}` and the other placeholders stand for what a mail is about; one that this kind of mail hasn't got
/// is refused.
#[utoipa::path(tag = "mail", params(
    ("kind" = String, Path, description = "What the mail tells: `paid`, `refunded`, `changed` or `canceled`"),
    ("language" = String, Path, description = "The language: `en` or `de`"),
), request_body = NewMailTemplateBody, responses(
    (status = 200, description = "The words", body = MailTemplateBody),
))]
#[put("/v1/mail-templates/{kind}/{language}")]
pub async fn put_mail_template(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    path: web::Path<(String, String)>,
    body: Json<NewMailTemplateBody>,
) -> Result<HttpResponse, Problem> {
    let (kind, language) = read_path(&path)?;
    let subject = format!("{}/{}", kind.name(), language.code());
    let key = idempotency_key(&organiser.0, key, "put_mail_template", &subject, &body.0);
    let (of, template) = (organiser.organiser(), checked(kind, *body.0)?);
    let put = template.clone();
    let write = move |connection: &mut _| {
        put_template(connection, of, kind, language, put)?;
        Ok(((), Keep::Done))
    };
    let written = office.database.write_once(WriteKind::Organisers, key, write);
    written.await?;
    Ok(HttpResponse::Ok().json(body_of(kind, template, true)))
}

/// Have the office's words used again.
///
/// To have them used twice is to have them used once.
#[utoipa::path(tag = "mail", params(
    ("kind" = String, Path, description = "What the mail tells: `paid`, `refunded`, `changed` or `canceled`"),
    ("language" = String, Path, description = "The language: `en` or `de`"),
), responses(
    (status = 204, description = "You have no words of your own for this any more"),
))]
#[delete("/v1/mail-templates/{kind}/{language}")]
pub async fn delete_mail_template(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (kind, language) = read_path(&path)?;
    let subject = format!("{}/{}", kind.name(), language.code());
    let key = idempotency_key(&organiser.0, key, "delete_mail_template", &subject, &());
    let of = organiser.organiser();
    let write = move |connection: &mut _| {
        delete_template(connection, of, kind, language)?;
        Ok(((), Keep::Done))
    };
    let written = office.database.write_once(WriteKind::Organisers, key, write);
    written.await?;
    Ok(HttpResponse::NoContent().finish())
}

/// See a mail as it would be.
///
/// With these words, or with those that are used now if there is no body. It is about an order that is made up; nothing is sent,
/// and nothing is kept.
#[utoipa::path(tag = "mail", params(
    ("kind" = String, Path, description = "What the mail tells: `paid`, `refunded`, `changed` or `canceled`"),
    ("language" = String, Path, description = "The language: `en` or `de`"),
), request_body(content = Option<NewMailTemplateBody>, description = "Nothing, for the words that are used now"), responses(
    (status = 200, description = "The mail", body = MailPreviewBody),
))]
#[post("/v1/mail-templates/{kind}/{language}/preview")]
pub async fn preview_mail(
    office: TheOffice,
    organiser: Organiser,
    // Twice the same is the same anyway.
    _key: KeyHeader,
    path: web::Path<(String, String)>,
    body: Raw,
) -> Result<HttpResponse, Problem> {
    let (kind, language) = read_path(&path)?;
    let tried = read_optional_json(&body.0)?;
    let tried = tried.map(|body| checked(kind, body)).transpose()?;
    let template = match tried {
        Some(tried) => tried,
        None => own_template(&office, organiser.organiser(), kind, language)
            .await?
            .unwrap_or_else(|| office_template(kind, language)),
    };
    let filled = fill(&template, &sample_values(language), language);
    Ok(HttpResponse::Ok().json(MailPreviewBody::from(filled)))
}

/// As whom you write.
///
/// Your name and the address that answers go to; what is not told is the office's.
#[utoipa::path(tag = "mail", responses(
    (status = 200, description = "The sender", body = MailSenderBody),
))]
#[get("/v1/mail-sender")]
pub async fn get_mail_sender(office: TheOffice, reader: Reader) -> Result<HttpResponse, Problem> {
    let of = reader.organiser();
    let read = move |connection: &mut _| Ok(find_sender(connection, of)?);
    let sender = office.database.read(read).await?;
    Ok(HttpResponse::Ok().json(body_of_sender(sender)))
}

/// Say as whom you write.
///
/// Mail comes from the office's address, with this name beside it. The office's settings hold for what is left out.
#[utoipa::path(tag = "mail", request_body = MailSenderBody, responses(
    (status = 200, description = "The sender", body = MailSenderBody),
))]
#[put("/v1/mail-sender")]
pub async fn put_mail_sender(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    body: Json<MailSenderBody>,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&organiser.0, key, "put_mail_sender", "", &body.0);
    let body = body.0;
    let name = body
        .name
        .as_deref()
        .map(|name| read_name(name).ok_or_else(bad_name));
    let bad_address = || Problem::invalid("/reply_to", "must be one e-mail address");
    let reply_to = body
        .reply_to
        .as_deref()
        .map(|text| read_email(text).ok_or_else(bad_address));
    let sender = Sender {
        name: name.transpose()?.map(str::to_owned),
        reply_to: reply_to.transpose()?.map(str::to_owned),
        language: body.language.map(|language| language.code().to_owned()),
    };
    let (of, put) = (organiser.organiser(), sender.clone());
    let write = move |connection: &mut _| {
        put_sender(connection, of, put)?;
        Ok(((), Keep::Done))
    };
    let written = office.database.write_once(WriteKind::Organisers, key, write);
    written.await?;
    Ok(HttpResponse::Ok().json(body_of_sender(sender)))
}

fn body_of_sender(sender: Sender) -> MailSenderBody {
    let language = sender.language.as_deref().and_then(Language::of_locale);
    MailSenderBody {
        name: sender.name,
        reply_to: sender.reply_to,
        language: language.map(|language| match language {
            Language::English => LanguageBody::En,
            Language::German => LanguageBody::De,
        }),
    }
}
