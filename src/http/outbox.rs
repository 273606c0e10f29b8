//! What the outbox has given up: providers that refuse, or don't answer for too long. The operator looks, and has it tried
//! again.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bodies::money::MoneyBody;
use super::caller::{Overseer, Retrier};
use super::change::idempotency_key;
use super::extract::{KeyHeader, TheOffice};
use super::page::{cut_page, page_limit};
use super::problem::Problem;
use super::query::Query;
use crate::office::Office;
use crate::store::claim::Keep;
use crate::store::database::WriteKind;
use crate::store::outbox::{DeadTask, OutboxAction, TaskId, list_dead, retry_dead};
use domain::id::{PaymentId, RefundId, ShowId};

/// Tasks on a page.
const TASKS_PAGE_MAX: i64 = 100;

/// Which tasks are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TasksQuery {
    /// Most tasks on the page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// What comes after the task of this id.
    #[param(pattern = r"^[1-9][0-9]{0,17}\.[0-9a-f]{1,32}\.[0-9a-f]{1,32}$")]
    pub after: Option<String>,
}

/// What is done at a provider.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeadTaskActionBody {
    /// The payment is looked up, and driven to its end.
    Resolve,
    /// The money that is set aside is taken.
    Capture,
    /// The money that is set aside is let go.
    Void,
    /// Money goes back.
    Refund,
}

/// Something that a provider could not be told.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadTaskBody {
    /// Its id.
    pub id: String,
    /// The show.
    pub show: String,
    /// The order's reference.
    pub order: String,
    /// The payment, as the provider knows it.
    pub payment: String,
    /// The provider.
    pub provider: String,
    /// What the provider was to be told.
    pub action: DeadTaskActionBody,
    /// The money that it is about.
    pub amount: MoneyBody,
    /// How often it was tried.
    #[schema(minimum = 0)]
    pub attempts: i32,
    /// Why it failed the last time.
    pub last_error: String,
    /// When it was given up.
    pub dead_at: DateTime<Utc>,
}

/// A page of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadTasksPage {
    /// In the order of their ids.
    pub tasks: Vec<DeadTaskBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// What providers could not be told.
///
/// Captures, refunds and the like that were tried for too long. They wait for somebody to have them tried
/// again. An organiser sees those of its shows, the operator all.
#[utoipa::path(tag = "providers", params(TasksQuery), responses(
    (status = 200, description = "A page of them", body = DeadTasksPage),
))]
#[get("/v1/outbox")]
pub async fn list_dead_tasks(
    office: TheOffice,
    overseer: Overseer,
    page: Query<TasksQuery>,
) -> Result<HttpResponse, Problem> {
    let TasksQuery { limit, after } = page.into_inner();
    let limit = page_limit(limit, TASKS_PAGE_MAX)?;
    let first = TaskId {
        show: ShowId(0),
        payment: PaymentId(0),
        refund: None,
    };
    let after = match after.as_deref() {
        Some(id) => read_id(id).ok_or_else(|| Problem::bad_parameter("after", "is no task's id"))?,
        None => first,
    };
    let organiser = overseer.organiser();
    let read = move |connection: &mut _| Ok(list_dead(connection, organiser, after, limit + 1)?);
    let mut tasks = office.database.read(read).await?;
    let next_after = cut_page(&mut tasks, limit).map(|task| write_id(task.id));
    let tasks = tasks.iter().map(|task| body_of(&office, task)).collect();
    Ok(HttpResponse::Ok().json(DeadTasksPage { tasks, next_after }))
}

/// Have it tried again.
///
/// At once, and then as often as anything that is new.
#[utoipa::path(tag = "providers", params(("task" = String, Path, description = "The task's id")), responses(
    (status = 204, description = "It is tried again"),
))]
#[post("/v1/outbox/{task}/retry")]
pub async fn retry_dead_task(
    office: TheOffice,
    retrier: Retrier,
    key: KeyHeader,
    task: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let missing = || Problem::not_found("task");
    let id = read_id(&task).ok_or_else(missing)?;
    if let Some(organiser) = retrier.organiser() {
        let show = office.shows.show(id.show).await?;
        show.filter(|show| show.organiser == organiser)
            .ok_or_else(missing)?;
    }
    let key = idempotency_key(&retrier.0, key, "retry_dead_task", &write_id(id), &());
    let retry = move |connection: &mut _| {
        let is_retried = retry_dead(connection, id)?;
        let keep = if is_retried { Keep::Done } else { Keep::Nothing };
        Ok((is_retried, keep))
    };
    let write = office.database.write_once(WriteKind::Organisers, key, retry);
    if !write.await? {
        return Err(missing());
    }
    office.payments.wake();
    Ok(HttpResponse::NoContent().finish())
}

fn body_of(office: &Office, task: &DeadTask) -> DeadTaskBody {
    let order = office.identity.references().order_reference(task.order);
    DeadTaskBody {
        id: write_id(task.id),
        show: task.id.show.to_string(),
        order: order.to_string(),
        payment: uuid::Uuid::from_u128(task.id.payment.0).to_string(),
        provider: task.provider.clone(),
        action: match task.action {
            OutboxAction::Resolve => DeadTaskActionBody::Resolve,
            OutboxAction::Capture => DeadTaskActionBody::Capture,
            OutboxAction::Void => DeadTaskActionBody::Void,
            OutboxAction::Refund => DeadTaskActionBody::Refund,
        },
        amount: MoneyBody {
            amount: task.amount_minor_units,
            currency: task.currency,
        },
        attempts: task.attempts,
        last_error: task.last_error.clone(),
        dead_at: task.dead_at,
    }
}

/// Show, payment and refund, as in `1024.00…a1.00…00`.
fn write_id(id: TaskId) -> String {
    let refund = id.refund.map_or(0, |refund| refund.0);
    format!("{}.{}.{refund:032x}", id.show, id.payment)
}

fn read_id(text: &str) -> Option<TaskId> {
    let mut parts = text.split('.');
    let (show, payment, refund) = (parts.next()?, parts.next()?, parts.next()?);
    let number = |text: &str| u128::from_str_radix(text, 16).ok();
    let refund = number(refund)?;
    let id = TaskId {
        show: show.parse().ok()?,
        payment: PaymentId(number(payment)?),
        refund: (refund != 0).then_some(RefundId(refund)),
    };
    parts.next().is_none().then_some(id)
}
