//! Codes: words that buyers enter for a discount, or for the way to places that are kept for them.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, delete, get, patch, post, web};

use super::blocks::read_label;
use super::bodies::code::{CodeBody, CodeChangeBody, CodesPage, MadeCodesBody, NewCodesBody};
use super::body::Json;
use super::caller::{Reader, Seller};
use super::change::{idempotency_key, key_of_part};
use super::extract::{KeyHeader, TheOffice, find_own_current_show, find_own_show};
use super::numbers::bounded;
use super::page::{Page, cut_page};
use super::problem::{Code, Problem};
use super::query::Query;
use super::show_prices::{price_step, read_id};
use crate::office::Office;
use crate::store::claim::Keep;
use crate::store::codes::{
    CODES_MAX, CodeChanged, CodeLimits, CodeRecord, CodesAdded, add_codes, change_code, end_code, find_code,
    list_codes as read_codes,
};
use crate::store::database::WriteKind;
use domain::code::{CodeId, CodeTerms, CodeWord, Off};
use domain::money::Money;
use domain::show::Show;

/// Codes on a page.
const CODES_PAGE_MAX: i64 = 100;
/// Most codes that are made at a time.
const CODES_MADE_MAX: usize = 1_000;
/// Most uses of a code that can be named.
const USES_MAX: u32 = 1_000_000;

/// Make codes.
///
/// Chosen words, or a number of them that nobody guesses, all alike: a percentage of each price, an amount of each order, or the way to
/// the blocked places of a label. All of
/// them are there, or none. A use is an order that is held or paid: one that lapses, is given up or given back as a whole gives
/// it back.
#[utoipa::path(tag = "codes", request_body = NewCodesBody, params(("show" = String, Path, description = "The show's id")), responses(
    (status = 201, description = "The codes are there", body = MadeCodesBody),
))]
#[post("/v1/shows/{show}/codes")]
pub async fn create_codes(
    office: TheOffice,
    seller: Seller,
    key: KeyHeader,
    id: web::Path<String>,
    body: Json<NewCodesBody>,
) -> Result<HttpResponse, Problem> {
    let (show, _) = find_own_current_show(&office, seller.organiser(), &id).await?;
    let key = idempotency_key(&seller.0, key, "create_codes", &id, &body.0);
    let words = read_words(&body)?;
    let terms = read_terms(&office, &show, &body)?;
    let limits = CodeLimits {
        uses_max: read_uses(body.uses_max)?,
        valid_from: body.valid_from,
        valid_until: body.valid_until,
    };
    if limits
        .valid_from
        .zip(limits.valid_until)
        .is_some_and(|(from, until)| until <= from)
    {
        return Err(ends_before_it_begins());
    }
    let of = show.id;
    let add = move |connection: &mut _| {
        let added = add_codes(connection, of, &words, &terms, limits)?;
        let keep = match added {
            CodesAdded::Done(_) => Keep::Done,
            CodesAdded::NoShow | CodesAdded::Taken(_) | CodesAdded::TooMany => Keep::Nothing,
        };
        Ok((added, keep))
    };
    let write = office.database.write_once(WriteKind::Organisers, key, add);
    let ids = match write.await? {
        CodesAdded::Done(ids) => ids,
        CodesAdded::NoShow => return Err(Problem::not_found("show")),
        CodesAdded::Taken(words) => return Err(Problem::new(Code::CodeTaken).with("codes", words)),
        CodesAdded::TooMany => {
            let detail = format!("a show may have {CODES_MAX} codes");
            return Err(Problem::new(Code::TooManyCodes).detail(detail));
        }
    };
    let (first, last) = (
        ids.first().copied().unwrap_or(1),
        ids.last().copied().unwrap_or(0),
    );
    let made_max = i64::try_from(CODES_MADE_MAX).unwrap_or(i64::MAX);
    let read = move |connection: &mut _| Ok(read_codes(connection, of, CodeId(first - 1), made_max)?);
    let records = office.database.read(read).await?;
    // As they were made, whatever has become of them.
    let made = records
        .into_iter()
        .filter(|record| record.id.0 <= last)
        .map(|record| CodeRecord {
            limits,
            uses: 0,
            ended_at: None,
            ..record
        });
    Ok(HttpResponse::Created().json(MadeCodesBody {
        codes: made.map(|record| body_of(&show, record)).collect(),
    }))
}

/// A show's codes.
///
/// The oldest first, page by page; also those that are ended.
#[utoipa::path(tag = "codes", params(("show" = String, Path, description = "The show's id"),
    ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Most items on the page"),
    ("after" = Option<String>, Query, pattern = "^(0|[1-9][0-9]{0,17})$", description = "Where the page begins: `next_after` of the one before")), responses(
    (status = 200, description = "A page of codes", body = CodesPage),
))]
#[get("/v1/shows/{show}/codes")]
pub async fn list_codes(
    office: TheOffice,
    reader: Reader,
    id: web::Path<String>,
    page: Query<Page>,
) -> Result<HttpResponse, Problem> {
    let (after, limit) = page.read(CODES_PAGE_MAX)?;
    let (show, _) = find_own_current_show(&office, reader.organiser(), &id).await?;
    let of = show.id;
    let read = move |connection: &mut _| Ok(read_codes(connection, of, CodeId(after), limit + 1)?);
    let mut records = office.database.read(read).await?;
    let next_after = cut_page(&mut records, limit).map(|record| record.id.to_string());
    Ok(HttpResponse::Ok().json(CodesPage {
        codes: records.into_iter().map(|record| body_of(&show, record)).collect(),
        next_after,
    }))
}

/// A code, and how many orders have it.
///
/// Orders that are held or paid: one that lapses, is given up or goes back as a whole gives its use back.
#[utoipa::path(tag = "codes", params(
    ("show" = String, Path, description = "The show's id"),
    ("code_id" = String, Path, description = "The code's id"),
), responses(
    (status = 200, description = "The code", body = CodeBody),
))]
#[get("/v1/shows/{show}/codes/{code_id}")]
pub async fn get_code(
    office: TheOffice,
    reader: Reader,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (show, code) = path.into_inner();
    let (show, _) = find_own_current_show(&office, reader.organiser(), &show).await?;
    let (of, id) = (show.id, id_in_path(&code)?);
    let read = move |connection: &mut _| Ok(find_code(connection, of, id)?);
    let record = office.database.read(read).await?.ok_or_else(missing)?;
    Ok(HttpResponse::Ok().json(body_of(&show, record)))
}

/// Change how often a code may be used, and when.
///
/// What is left out stays, and null takes a limit away. It holds for the next order; those that are there keep their prices.
#[utoipa::path(tag = "codes", request_body = CodeChangeBody, params(
    ("show" = String, Path, description = "The show's id"),
    ("code_id" = String, Path, description = "The code's id"),
), responses(
    (status = 200, description = "The code as it is now", body = CodeBody),
))]
#[patch("/v1/shows/{show}/codes/{code_id}")]
pub async fn update_code(
    office: TheOffice,
    seller: Seller,
    key: KeyHeader,
    path: web::Path<(String, String)>,
    body: Json<CodeChangeBody>,
) -> Result<HttpResponse, Problem> {
    let (show, code) = path.into_inner();
    let (show, _) = find_own_current_show(&office, seller.organiser(), &show).await?;
    let id = id_in_path(&code)?;
    let key = key_of_part(&seller.0, key, "update_code", &show, id, &body.0);
    let uses_max = match body.uses_max {
        Some(uses) => Some(read_uses(uses)?),
        None => None,
    };
    let (of, from, until) = (show.id, body.valid_from, body.valid_until);
    let change = move |connection: &mut _| {
        let changed = change_code(connection, of, id, |limits| {
            limits.uses_max = uses_max.unwrap_or(limits.uses_max);
            limits.valid_from = from.unwrap_or(limits.valid_from);
            limits.valid_until = until.unwrap_or(limits.valid_until);
        })?;
        let keep = match changed {
            CodeChanged::Done(_) => Keep::Done,
            CodeChanged::NotFound | CodeChanged::InUse(_) | CodeChanged::EndsBeforeItBegins => Keep::Nothing,
        };
        Ok((changed, keep))
    };
    let write = office.database.write_once(WriteKind::Organisers, key, change);
    match write.await? {
        CodeChanged::Done(record) => Ok(HttpResponse::Ok().json(body_of(&show, *record))),
        CodeChanged::NotFound => Err(missing()),
        CodeChanged::EndsBeforeItBegins => Err(ends_before_it_begins()),
        CodeChanged::InUse(uses) => {
            let detail = format!("{uses} orders are held or paid with it: must be {uses} or more");
            Err(Problem::invalid("/uses_max", detail))
        }
    }
}

/// End a code.
///
/// No further order is made with it; those that are there keep their prices. Its word is never another code's. To end it twice is to end it
/// once.
#[utoipa::path(tag = "codes", params(
    ("show" = String, Path, description = "The show's id"),
    ("code_id" = String, Path, description = "The code's id"),
), responses(
    (status = 204, description = "The code is ended"),
))]
#[delete("/v1/shows/{show}/codes/{code_id}")]
pub async fn delete_code(
    office: TheOffice,
    seller: Seller,
    key: KeyHeader,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (show, code) = path.into_inner();
    let show = find_own_show(&office, seller.organiser(), &show).await?;
    let id = id_in_path(&code)?;
    let key = key_of_part(&seller.0, key, "delete_code", &show, id, &());
    let of = show.id;
    let end = move |connection: &mut _| {
        let is_ended = end_code(connection, of, id)?;
        Ok((is_ended, if is_ended { Keep::Done } else { Keep::Nothing }))
    };
    match office
        .database
        .write_once(WriteKind::Organisers, key, end)
        .await?
    {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(missing()),
    }
}

fn missing() -> Problem {
    Problem::not_found("code")
}

fn ends_before_it_begins() -> Problem {
    Problem::invalid("/valid_until", "must be after valid_from")
}

fn id_in_path(text: &str) -> Result<CodeId, Problem> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let id = text.parse().ok().filter(|_| is_plain);
    id.map(CodeId).ok_or_else(missing)
}

/// The words that are asked for, none twice.
fn read_words(body: &NewCodesBody) -> Result<Vec<CodeWord>, Problem> {
    let made_max = u32::try_from(CODES_MADE_MAX).unwrap_or(u32::MAX);
    match (&body.codes, body.count) {
        (Some(_), Some(_)) => Err(Problem::invalid(
            "/count",
            "choose words or have some made, not both",
        )),
        (None, None) => Err(Problem::invalid("", "choose words in “codes”, or say a “count”")),
        (None, count) => {
            let count = bounded("/count", count, 1, made_max, 0)?;
            Ok((0..count).map(|_| CodeWord::made(rand::random())).collect())
        }
        (Some(texts), None) => {
            if texts.len() > CODES_MADE_MAX {
                let detail = format!("may have {CODES_MADE_MAX} codes at most");
                return Err(Problem::invalid("/codes", detail));
            }
            let mut seen = BTreeSet::new();
            for (at, text) in texts.iter().enumerate() {
                let field = format!("/codes/{at}");
                let word = CodeWord::read(text);
                let word = word.map_err(|error| Problem::invalid(&field, error.to_string()))?;
                if !seen.insert(word) {
                    return Err(Problem::invalid(field, "the code is named twice"));
                }
            }
            Ok(texts
                .iter()
                .filter_map(|text| CodeWord::read(text).ok())
                .collect())
        }
    }
}

fn read_uses(uses_max: Option<i64>) -> Result<Option<u32>, Problem> {
    let read = uses_max.map(|uses| bounded("/uses_max", Some(uses), 1, USES_MAX, 0));
    read.transpose()
}

fn read_terms(office: &Office, show: &Show, body: &NewCodesBody) -> Result<CodeTerms, Problem> {
    let step = price_step(office, show.currency);
    let off = match (body.percent, &body.amount, &body.label) {
        (Some(percent), None, None) => Off::Percent(bounded("/percent", Some(percent), 1, 100, 0)?),
        (None, Some(amount), None) => {
            let money = amount.read("/amount")?;
            if money.currency != show.currency {
                let detail = "must be that of the show's prices";
                return Err(Problem::invalid("/amount/currency", detail));
            }
            if money.amount == 0 || money.amount % step != 0 {
                let detail = format!("must be more than 0, and a multiple of {step}");
                return Err(Problem::invalid("/amount/amount", detail));
            }
            Off::Amount(money.amount, money.currency)
        }
        (None, None, Some(label)) => Off::WayIn(read_label("/label", label)?),
        (None, None, None) => {
            return Err(Problem::invalid("", "say a “percent”, an “amount” or a “label”"));
        }
        (percent, _, label) => {
            let field = if percent.is_some() && label.is_none() {
                "/amount"
            } else {
                "/label"
            };
            return Err(Problem::invalid(
                field,
                "say a percentage, an amount or a label, not two of them",
            ));
        }
    };
    let named = |field: &str, names: &Option<Vec<String>>| {
        let texts = names.iter().flatten().enumerate();
        texts
            .map(|(at, name)| (format!("{field}/{at}"), name.clone()))
            .collect::<Vec<_>>()
    };
    let mut categories = Vec::new();
    for (field, name) in named("/categories", &body.categories) {
        let category = show.plan.category_index(&name);
        let category = category.filter(|known| !categories.contains(known));
        let unfit = || Problem::invalid(field, "must be a category of the show, and named once");
        categories.push(category.ok_or_else(unfit)?);
    }
    let mut ticket_types = Vec::new();
    for (field, name) in named("/ticket_types", &body.ticket_types) {
        let id = read_id(&field, &name)?;
        if ticket_types.contains(&id) {
            return Err(Problem::invalid(field, "the type is named twice"));
        }
        ticket_types.push(id);
    }
    Ok(CodeTerms {
        off,
        categories: (!categories.is_empty()).then_some(categories),
        ticket_types: (!ticket_types.is_empty()).then_some(ticket_types),
        step,
    })
}

fn body_of(show: &Show, record: CodeRecord) -> CodeBody {
    let (percent, amount, label) = match record.terms.off {
        Off::Percent(percent) => (Some(percent.into()), None, None),
        Off::Amount(amount, currency) => (None, Some(Money { amount, currency }.into()), None),
        Off::WayIn(label) => (None, None, Some(label.to_string())),
    };
    let categories = record.terms.categories.map(|categories| {
        let name = |at: &domain::plan::CategoryIndex| {
            Some(show.plan.categories().get(usize::from(at.0))?.name.clone())
        };
        categories.iter().filter_map(name).collect()
    });
    let types = record.terms.ticket_types;
    CodeBody {
        id: record.id.to_string(),
        code: record.word,
        percent,
        amount,
        label,
        categories,
        ticket_types: types.map(|types| types.iter().map(ToString::to_string).collect()),
        uses_max: record.limits.uses_max.map(i64::from),
        uses: record.uses,
        valid_from: record.limits.valid_from,
        valid_until: record.limits.valid_until,
        ended_at: record.ended_at,
        created_at: record.created_at,
    }
}
