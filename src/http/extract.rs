//! What handlers take from a request, each with an error that names its field.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::{Ready, ready};

use super::problem::Problem;
use crate::office::Office;
use crate::store::journal::Head;
use domain::id::{OrganiserId, ShowId};
use domain::show::Show;

/// The header of idempotency keys.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest idempotency key, in characters.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;

/// The node, as handlers see it.
pub type TheOffice = web::Data<Office>;

/// The `Idempotency-Key` header, if there is one.
pub struct KeyHeader(
    /// The same key gets the same answer.
    pub Option<Arc<str>>,
);

impl FromRequest for KeyHeader {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let Some(value) = request.headers().get(IDEMPOTENCY_KEY) else {
            return ready(Ok(Self(None)));
        };
        let key = value
            .to_str()
            .ok()
            .filter(|key| (1..=IDEMPOTENCY_KEY_CHARS_MAX).contains(&key.len()));
        ready(match key {
            Some(key) => Ok(Self(Some(key.into()))),
            None => {
                let detail = format!("must be 1 to {IDEMPOTENCY_KEY_CHARS_MAX} printable ASCII characters");
                Err(Problem::bad_parameter("Idempotency-Key", detail))
            }
        })
    }
}

/// A show's id in a path.
pub fn show_id(text: &str) -> Result<ShowId, Problem> {
    text.parse().map_err(|_not_an_id| Problem::not_found("show"))
}

/// Which shows somebody may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Those that are published.
    Published,
    /// Drafts of this organiser's, too.
    DraftsOf(OrganiserId),
}

/// The show whose id stands in a path, for somebody who may see this much. Its terms may not be in force any more.
pub async fn find_visible_show(office: &Office, id: &str, sight: Sight) -> Result<Arc<Show>, Problem> {
    let id = show_id(id)?;
    let found = office.shows.show(id).await?;
    let seen = found.filter(|show| !show.is_draft || sight == Sight::DraftsOf(show.organiser));
    let show = seen.ok_or_else(|| Problem::not_found("show"))?;
    if !show.is_draft
        && let Some(followed) = office.follow.registry().get(id)
    {
        followed.publish();
    }
    Ok(show)
}

/// The show whose id stands in a path at the terms that are in force, and the head of its journal.
pub async fn find_current_show(
    office: &Office,
    id: &str,
    sight: Sight,
) -> Result<(Arc<Show>, Head), Problem> {
    let show = find_visible_show(office, id, sight).await?;
    let head = office.follow.look_at_head(show.id).await?;
    let show = office.shows.at_least(show.id, head.revision).await?;
    Ok((show.ok_or_else(|| Problem::not_found("show"))?, head))
}

/// Reads what names a show's places or terms. What isn't understood is read once more at the terms that are in force: it may name what
/// has come since this node last read them.
pub async fn read_at_show<T>(
    office: &Office,
    show: &Show,
    read: impl Fn(&Show) -> Result<T, Problem>,
) -> Result<T, Problem> {
    match read(show) {
        Ok(read) => Ok(read),
        Err(_) => {
            let id = show.id.to_string();
            // Seldom, so that it takes no room in each request.
            let (current, _) = Box::pin(find_current_show(office, &id, Sight::Published)).await?;
            read(&current)
        }
    }
}

/// The show whose id stands in a path, if it is this organiser's. Another's is to it as if it were not there. Its terms may not be
/// in force any more: whoever reads or tells names of places wants [`find_own_current_show`].
pub async fn find_own_show(office: &Office, organiser: OrganiserId, id: &str) -> Result<Arc<Show>, Problem> {
    let show = find_visible_show(office, id, Sight::DraftsOf(organiser)).await?;
    match show.organiser == organiser {
        true => Ok(show),
        false => Err(Problem::not_found("show")),
    }
}

/// The same at the terms that are in force, and the head of its journal.
pub async fn find_own_current_show(
    office: &Office,
    organiser: OrganiserId,
    id: &str,
) -> Result<(Arc<Show>, Head), Problem> {
    find_own_show(office, organiser, id).await?;
    find_current_show(office, id, Sight::DraftsOf(organiser)).await
}

/// Path segments.
pub fn path_config() -> web::PathConfig {
    web::PathConfig::default().error_handler(|_error, _request| Problem::not_found("resource").into())
}
