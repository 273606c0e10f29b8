//! A tour of a ticket office: make a show, sell seats, let people in, give a ticket back, and watch all of it live.

#[allow(dead_code, unused_imports, clippy::all, reason = "generated")]
mod client;
mod feed;

use std::collections::HashMap;
use std::env;
use std::fmt::Debug;
use std::num::NonZeroU64;

use chrono::{TimeDelta, Utc};
use client::types::{
    DeclineCode, Door, NewKey, NewMoney, NewOrder, NewPayment, NewPlan, NewSession, NewShow, NewZonePlaces,
    OrderState, PaymentState, Problem, ProblemCode, Return, Returns, Role, SeatState, ShowId, Together,
};
use client::{Client, Error, ResponseValue};
use feed::{Feed, View};
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::json;
use uuid::Uuid;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A client that asks with a buyer's token or an organiser's key.
fn caller(office: &str, token: &str) -> Result<Client> {
    let headers = HeaderMap::from_iter([(AUTHORIZATION, format!("Bearer {token}").parse()?)]);
    let client = reqwest::Client::builder().default_headers(headers).build()?;
    Ok(Client::new_with_client(office, client))
}

/// A buyer with a session of their own.
async fn new_buyer(office: &str) -> Result<Client> {
    let anyone = Client::new(office);
    let session = anyone
        .create_session()
        .body(NewSession { grant: None })
        .send()
        .await?;
    caller(office, &session.token)
}

/// Every write has a key of its own; whoever repeats the request with it gets the same answer.
fn new_key() -> String {
    Uuid::new_v4().to_string()
}

/// The problem of a request that must be refused.
fn refused<T: Debug>(answer: std::result::Result<ResponseValue<T>, Error<Problem>>) -> Result<Problem> {
    match answer {
        Err(Error::ErrorResponse(problem)) => Ok(problem.into_inner()),
        other => Err(format!("not refused: {other:?}").into()),
    }
}

/// Says what was found, and ends the tour if it is something else.
fn check<T: Debug + PartialEq>(what: &str, found: T, expected: T) -> Result<()> {
    if found != expected {
        return Err(format!("{what}: {found:?}, but expected {expected:?}").into());
    }
    println!("{what}: {found:?}");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let office = env::var("OFFICE").unwrap_or("http://127.0.0.1:8080".into());
    let organiser = caller(&office, &env::var("ORGANISER_KEY").unwrap_or_default())?;
    let anyone = Client::new(&office);

    println!("# The organiser makes a show");
    let id = make_show(&organiser).await?;
    let show = id.as_str();

    println!("# Anyone finds it, page by page, and looks at its map");
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let list = anyone.list_shows().limit(2);
        let list = match after {
            Some(after) => list.after::<String>(after),
            None => list,
        };
        let page = list.send().await?.into_inner();
        listed.extend(page.shows.into_iter().map(|show| show.id));
        after = page.next_after;
        if after.is_none() {
            break;
        }
    }
    check("the list has the show", listed.contains(&id), true)?;
    let first = anyone.get_seat_map().show(show).send().await?.into_inner();
    check("its first seat", first.seats["A-1-1"], SeatState::Free)?;

    println!("# A viewer follows it, from a snapshot on");
    let mut view = View::default();
    let mut feed = Feed::open(&anyone, show, None).await?;
    view.follow(&mut feed, 0).await?;
    check("the viewer has the same map", view.seats == first.seats, true)?;

    println!("# A buyer holds two seats and two places on the floor");
    let buyer = new_buyer(&office).await?;
    let floor = NewZonePlaces::builder().zone("Floor").count(2);
    let wanted = NewOrder::builder()
        .seats(seats(["A-1-1", "A-1-2"]))
        .zones(vec![floor.try_into()?]);
    let hold = buyer
        .create_order()
        .show(show)
        .idempotency_key(new_key())
        .body(wanted);
    let order = hold.clone().send().await?.into_inner();
    check("the order is", order.state, OrderState::Held)?;
    check("it costs", order.total.amount, 10_000)?;
    let again = hold.send().await?.into_inner();
    check("the same key gets the same order", &again.id, &order.id)?;
    check("of the same event", again.journal_offset, order.journal_offset)?;

    println!("# Another buyer comes too late for one of them, and takes what is best side by side");
    let other = new_buyer(&office).await?;
    let late = other
        .create_order()
        .show(show)
        .idempotency_key(new_key())
        .body(NewOrder::builder().seats(seats(["A-1-2", "A-1-3"])));
    let taken = refused(late.send().await)?;
    check("refused", taken.code, ProblemCode::SeatsTaken)?;
    check("taken", taken.seats, seats(["A-1-2"]))?;
    let together = Together::builder()
        .count(NonZeroU64::new(2))
        .category(Some("Stalls".into()));
    let pair = other
        .create_order()
        .show(show)
        .idempotency_key(new_key())
        .body(NewOrder::builder().together(Some(together.try_into()?)));
    let pair = pair.send().await?.into_inner();
    check("side by side", pair.seats.len(), 2)?;
    view.follow(&mut feed, pair.journal_offset).await?;
    check("the viewer sees", view.seats["A-1-1"], SeatState::Held)?;
    drop(feed);
    println!("the viewer's connection is cut");

    println!("# The other one gives up; the buyer's first card is declined, the second isn't");
    let given_up = other
        .abort_order()
        .order(pair.id.as_str())
        .idempotency_key(new_key());
    check("given up", given_up.send().await?.state, OrderState::Canceled)?;
    let pay = |card: &str| {
        let payment = NewPayment::builder().provider("sandbox").payment_method(card);
        buyer
            .pay_order()
            .order(order.id.as_str())
            .idempotency_key(new_key())
            .body(payment)
    };
    let declined = refused(pay("card_declined").send().await)?;
    check("refused", declined.code, ProblemCode::PaymentDeclined)?;
    check("declined", declined.decline_code, Some(DeclineCode::CardDeclined))?;
    let payment = pay("card_ok").send().await?.into_inner();
    check("paid", payment.state, PaymentState::Succeeded)?;
    let looked = buyer.get_payment().order(order.id.as_str()).payment(payment.id);
    check("it took", looked.send().await?.amount.amount, order.total.amount)?;
    let tickets = buyer
        .list_tickets()
        .order(order.id.as_str())
        .send()
        .await?
        .into_inner()
        .tickets;
    check("tickets", tickets.len(), 4)?;
    let code_of: HashMap<_, _> = tickets
        .into_iter()
        .map(|ticket| (ticket.seat.unwrap_or_default(), ticket.code))
        .collect();

    println!("# The organiser gives the door a key of its own");
    let gate = organiser
        .create_key()
        .idempotency_key(new_key())
        .body(NewKey::builder().name("Gate").role(Some(Role::Door)));
    let door = caller(&office, &gate.send().await?.key)?;

    println!("# At the door a ticket is good once");
    let scan = || {
        door.check_in_ticket()
            .code(code_of["A-1-1"].as_str())
            .idempotency_key(new_key())
            .body(Door {
                show: Some(show.into()),
            })
    };
    check(
        "let in",
        scan().send().await?.into_inner().seat,
        Some("A-1-1".into()),
    )?;
    check(
        "and not again",
        refused(scan().send().await)?.code,
        ProblemCode::AlreadyCheckedIn,
    )?;

    println!("# The buyer gives the other seat's ticket back");
    let give_back = buyer
        .refund_order()
        .order(order.id.as_str())
        .idempotency_key(new_key())
        .body(Return {
            tickets: Some(vec![code_of["A-1-2"].clone()]),
        });
    let left = give_back.send().await?.into_inner();
    check("the order is still", left.state, OrderState::Paid)?;
    check("it has", left.seats, seats(["A-1-1"]))?;
    check("refunded", left.refunded.map(|money| money.amount), Some(2_500))?;

    println!("# The viewer comes back where it was, and has missed nothing");
    let mut feed = Feed::open(&anyone, show, Some(view.offset)).await?;
    view.follow(&mut feed, left.journal_offset).await?;
    let now = anyone.get_seat_map().show(show).send().await?.into_inner();
    check("the viewer has the same map", view.seats == now.seats, true)?;
    check("as of event", view.offset, now.offset)?;
    let mut journal = Vec::new();
    let mut next = Some(first.offset);
    while let Some(after) = next {
        let page = anyone
            .list_events()
            .show(show)
            .after(after)
            .limit(2)
            .send()
            .await?
            .into_inner();
        journal.extend(page.events);
        next = page.next_after;
    }
    let told = |events: Vec<client::types::Event>| -> Vec<String> {
        let tell = |event: client::types::Event| format!("{} {}", event.offset, event.type_);
        events.into_iter().map(tell).collect()
    };
    check("and every event once", told(view.events), told(journal))
}

/// Makes a show in a small hall, and tells its id.
async fn make_show(organiser: &Client) -> Result<ShowId> {
    let seats: Vec<_> = (1..=6)
        .map(|number| json!({"number": number.to_string(), "x": number, "y": 0}))
        .collect();
    let hall: NewPlan = serde_json::from_value(json!({
        "name": "Small hall",
        "categories": [{"name": "Stalls"}],
        "sections": [{"name": "A", "rows": [{"name": "1", "category": "Stalls", "seats": seats}]}],
        "zones": [{"name": "Floor", "category": "Stalls", "capacity": 50}],
    }))?;
    let plan = organiser
        .create_plan()
        .idempotency_key(new_key())
        .body(hall)
        .send()
        .await?;
    let price = NewMoney::builder().amount(2_500).currency("EUR");
    let new_show = NewShow::builder()
        .plan(plan.into_inner().id)
        .title("An evening in Rust")
        .starts_at(Utc::now() + TimeDelta::days(7))
        .prices(HashMap::from([("Stalls".to_owned(), price.try_into()?)]))
        .returns(Some(Returns::Buyer));
    let show = organiser
        .create_show()
        .idempotency_key(new_key())
        .body(new_show)
        .send()
        .await?;
    Ok(show.into_inner().id)
}

fn seats<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(String::from).to_vec()
}
