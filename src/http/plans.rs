//! Seating plans.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use icu_normalizer::ComposingNormalizerBorrowed;
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::plan::{NewPlanBody, PlanDocumentBody};
use super::body::{PlanText, at_fault};
use super::caller::Organiser;
use super::change::idempotency_key;
use super::coding::{FOREVER, answer_text};
use super::extract::{KeyHeader, TheOffice};
use super::json::{self, Fault};
use super::problem::{Code, FaultBody, Problem};
use crate::live::compressed::Text;
use crate::store::catalogue::{NewPlan, insert_plan};
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use domain::plan::fault::PlanFault;
use domain::plan::{Plan, own, pretix};
use domain::text::what_is_seen;

/// An imported plan.
#[derive(Debug, Clone, Serialize, serde::Deserialize, ToSchema)]
pub struct PlanBody {
    /// Its id.
    pub id: String,
    /// The venue's name.
    pub name: String,
    /// How many seats it has.
    #[schema(minimum = 0)]
    pub seats: i64,
    /// How many zones it has.
    #[schema(minimum = 0)]
    pub zones: i64,
}

/// Reads a plan's document, whichever of the two formats it is in.
pub fn read_document(text: &str) -> Result<Plan, Problem> {
    #[derive(serde::Deserialize)]
    struct Zone {
        rows: Option<serde::de::IgnoredAny>,
    }
    #[derive(serde::Deserialize)]
    struct Shape {
        sections: Option<serde::de::IgnoredAny>,
        #[serde(default)]
        zones: Vec<Zone>,
    }
    let bad = |fault: Fault| at_fault(&fault, Code::PlanInvalid);
    let text = text.as_bytes();
    let shape: Shape = json::read(text).map_err(bad)?;
    let is_pretix = shape.sections.is_none() && shape.zones.iter().any(|zone| zone.rows.is_some());
    let plan = if is_pretix {
        pretix::import(&json::read(text).map_err(bad)?, look_of)
    } else {
        own::import(&json::read(text).map_err(bad)?, look_of)
    };
    let fault = |fault: PlanFault| FaultBody {
        detail: fault.refusal.to_string(),
        pointer: fault.pointer,
    };
    plan.map_err(|error| {
        Problem::new(Code::PlanInvalid).faults(error.faults.into_iter().map(fault).collect())
    })
}

/// One spelling for all names that people can't tell apart.
fn look_of(name: &str) -> String {
    what_is_seen(&ComposingNormalizerBorrowed::new_nfkc().normalize(name))
}

/// Import a seating plan, in the own format or pretix's.
///
/// The same plan has the same id, however often it is imported. All its faults are named, with their places.
#[utoipa::path(tag = "plans", request_body(content = NewPlanBody, content_type = "application/json"), responses(
    (status = 201, description = "The plan is there", body = PlanBody),
))]
#[post("/v1/plans")]
pub async fn create_plan(
    office: TheOffice,
    organiser: Organiser,
    key: KeyHeader,
    document: PlanText,
) -> Result<HttpResponse, Problem> {
    // A large plan is not read on an async thread.
    let plan = web::block(move || read_document(&document.text)).await;
    let plan = plan.map_err(StoreError::internal)??;
    let new = NewPlan::of(organiser.organiser(), &plan).map_err(StoreError::internal)?;
    let answer = PlanBody {
        id: new.id().to_string(),
        name: plan.name().to_owned(),
        seats: i64::try_from(plan.seats().len()).unwrap_or(i64::MAX),
        zones: i64::try_from(plan.zones().len()).unwrap_or(i64::MAX),
    };
    // The same plan is the same request, however it is written.
    let key = idempotency_key(&organiser.0, key, "create_plan", "", &new.document());
    let insert = move |connection: &mut _| {
        insert_plan(connection, new)?;
        Ok((answer, Keep::Done))
    };
    let write = office.database.write_once(WriteKind::Organisers, key, insert);
    let answer = write.await?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/v1/plans/{}", answer.id)))
        .json(answer))
}

/// A seating plan in the own format.
///
/// It never changes, and may be kept for ever. It is what a map of the seats is drawn from.
#[utoipa::path(tag = "plans", params(("plan" = String, Path, description = "The plan's id")), responses(
    (status = 200, description = "The plan", body = PlanDocumentBody, content_type = "application/json"),
    (status = 304, description = "As the client has it"),
))]
#[get("/v1/plans/{plan}")]
pub async fn get_plan(
    office: TheOffice,
    plan: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = uuid::Uuid::parse_str(&plan).map_err(|_not_an_id| Problem::not_found("plan"))?;
    let document = office.shows.plan_document(id.as_u128()).await?;
    let document = document.ok_or_else(|| Problem::not_found("plan"))?;
    let text = (Text::Plan(id.as_u128()), document);
    answer_text(&office, request.headers(), &id.to_string(), FOREVER, text).await
}
