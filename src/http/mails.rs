//! What became of the mails about a show, for whoever runs it. Nobody's address is in it.

use actix_web::{HttpResponse, get, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::bodies::mail::{MailBody, MailStateBody, MailsPage};
use super::caller::Reader;
use super::extract::{TheOffice, find_own_show};
use super::page::page_limit;
use super::problem::Problem;
use super::query::Query;
use crate::store::mail_list::{Place, list_mails as list_rows};
use domain::id::Offset;
use domain::mail::MailKind;
use domain::reference::{OrderNumber, ReferenceKey};

/// Mails on a page.
const MAILS_PAGE_MAX: i64 = 100;

/// Which mails are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MailsQuery {
    /// In this state alone.
    pub state: Option<MailStateBody>,
    /// Most mails on the page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page begins, as the one before says.
    pub after: Option<String>,
}

/// The mails about a show.
///
/// What became of each, while it waits and for thirty days after it has ended. A page may be short, or empty, and have a next one.
#[utoipa::path(tag = "mail", params(("show" = String, Path, description = "The show's id"), MailsQuery), responses(
    (status = 200, description = "A page of mails", body = MailsPage),
))]
#[get("/v1/shows/{show}/mails")]
pub async fn list_mails(
    office: TheOffice,
    reader: Reader,
    id: web::Path<String>,
    query: Query<MailsQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = page_limit(query.limit, MAILS_PAGE_MAX)?;
    let references = office.identity.references();
    let after = query.after.as_deref().map(|text| {
        let place = read_place(references, text);
        place.ok_or_else(|| Problem::bad_parameter("after", "is no page's end"))
    });
    let (after, state) = (after.transpose()?, query.state.map(Into::into));
    let show = find_own_show(&office, reader.organiser(), &id).await?;
    let of = show.id;
    let read = move |connection: &mut _| Ok(list_rows(connection, of, after, state, limit)?);
    let (mails, next) = office.database.read(read).await?;
    let reference = |order| references.order_reference(order).to_string();
    Ok(HttpResponse::Ok().json(MailsPage {
        mails: mails
            .iter()
            .map(|mail| MailBody::of(reference(mail.place.order), mail))
            .collect(),
        next_after: next.map(|place| {
            let Place { order, kind, offset } = place;
            format!("{}.{}.{offset}", reference(order), kind.name())
        }),
    }))
}

/// A page's end, as it is told.
fn read_place(references: &ReferenceKey, text: &str) -> Option<Place> {
    let mut parts = text.split('.');
    let (order, kind, offset) = (parts.next()?, parts.next()?, parts.next()?);
    let order: OrderNumber = references.parse_order(order).ok()?;
    let place = Place {
        order,
        kind: MailKind::from_name(kind)?,
        offset: Offset(offset.parse().ok()?),
    };
    parts.next().is_none().then_some(place)
}
