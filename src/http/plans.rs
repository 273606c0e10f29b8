//! Seating plans.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{PlanText, at_fault};
use super::caller::Organiser;
use super::change::{answered_before, idempotency_key};
use super::coding::{FOREVER, answer_text};
use super::extract::{KeyHeader, TheOffice};
use super::json::{self, Fault};
use super::problem::{Code, Problem, ProblemBody};
use crate::live::compressed::Text;
use crate::store::catalogue::{NewPlan, insert_plan};
use crate::store::claim::{Claim, Inserted};
use crate::store::database::WriteKind;
use crate::store::error::StoreError;
use domain::plan::{Plan, own, pretix};

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
        pretix::read(&json::read(text).map_err(bad)?)
    } else {
        own::read(&json::read(text).map_err(bad)?)
    };
    plan.map_err(|error| {
        Problem::new(Code::PlanInvalid)
            .field(error.path)
            .detail(error.refusal.to_string())
    })
}

/// Import a seating plan, in the own format or pretix's.
#[utoipa::path(tag = "plans", request_body(content = std::collections::HashMap<String, serde_json::Value>, content_type = "application/json"), responses(
    (status = 201, description = "The plan is there", body = PlanBody),
    (status = "4XX", description = "The plan has a fault, named with its place", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
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
    let (plan, id) = (plan.map_err(StoreError::internal)??, uuid::Uuid::new_v4());
    let answer = PlanBody {
        id: id.to_string(),
        name: plan.name().to_owned(),
        seats: i64::try_from(plan.seats().len()).unwrap_or(i64::MAX),
        zones: i64::try_from(plan.zones().len()).unwrap_or(i64::MAX),
    };
    let new = NewPlan {
        id: id.as_u128(),
        name: plan.name().to_owned(),
        seats: plan.seats().len(),
        zones: plan.zones().len(),
        document: serde_json::to_string(&own::write(&plan)).map_err(StoreError::internal)?,
    };
    // The same plan is the same request, however it is written.
    let key = idempotency_key(&organiser.0, key, "create_plan", "", &new.document);
    let text = serde_json::to_string(&answer).map_err(StoreError::internal)?;
    let digest = key.as_ref().map(|key| key.request_digest);
    let claim = key.map(|key| Claim { key, answer: text });
    let inserted = office
        .database
        .write(WriteKind::Organisers, move |connection| {
            Ok(insert_plan(connection, new, claim)?)
        })
        .await?;
    let answer = match inserted {
        Inserted::Now => answer,
        Inserted::Before(before) => answered_before(&before, digest)?,
    };
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/v1/plans/{}", answer.id)))
        .json(answer))
}

/// A seating plan in the own format. It never changes.
#[utoipa::path(tag = "plans", security(()), params(("plan" = String, Path, description = "The plan's id")), responses(
    (status = 200, description = "The plan", body = serde_json::Value, content_type = "application/json"),
    (status = 304, description = "As the client has it"),
    (status = "4XX", description = "No such plan", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", description = "Out of order", body = ProblemBody, content_type = "application/problem+json"),
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
