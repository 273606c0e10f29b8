//! Every call of the OpenAPI document by every kind of caller. A call that isn't in the table fails the test, so that none can
//! be forgotten.

use serde_json::{Value, json};

use crate::office::{Client, ORGANISER_KEY, Operation, TestOffice, operations, send};

/// Who may ask for something.
#[derive(Clone, Copy, PartialEq)]
enum May {
    /// Anybody.
    All,
    /// Buyers, for themselves.
    Buyers,
    /// The buyer whose order it is, who pays it.
    Owner,
    /// The buyer whose order it is, and organisers.
    OwnerAndOrganisers,
    /// Doors and organisers.
    Doors,
    /// Organisers.
    Organisers,
}

fn may(operation: &str) -> May {
    match operation {
        "get_health" | "get_readiness" | "get_metrics" | "get_plan" | "list_shows" | "get_show"
        | "list_events" | "list_holds" | "watch_show" | "get_seat_map" | "get_snapshot"
        | "list_providers" | "create_session" | "take_notice" => May::All,
        "create_order" => May::Buyers,
        "pay_order" => May::Owner,
        "get_order" | "get_payment" | "abort_order" | "refund_order" | "list_tickets" => {
            May::OwnerAndOrganisers
        }
        "check_in_ticket" => May::Doors,
        "list_audit"
        | "list_keys"
        | "create_key"
        | "revoke_key"
        | "list_dead_tasks"
        | "retry_dead_task"
        | "list_show_orders"
        | "create_plan"
        | "create_show"
        | "create_series"
        | "update_show"
        | "list_show_revisions"
        | "block_seats"
        | "unblock_seats"
        | "release_blocks"
        | "get_cancellation"
        | "cancel_show" => May::Organisers,
        other => panic!("{other} is new: who may ask for it?"),
    }
}

/// What may be seen of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    /// Let in, whatever came of it.
    In,
    /// 401.
    Unknown,
    /// 403.
    Forbidden,
    /// As if there were no such thing.
    Nothing,
}

/// The kinds of callers, and what each sees where this one may ask.
fn callers(may: May) -> [(&'static str, Seen); 6] {
    use Seen::{Forbidden, In, Nothing, Unknown};
    let [nobody, forger, owner, other, door, organiser] = match may {
        May::All => [In; 6],
        May::Buyers => [Unknown, Unknown, In, In, Forbidden, Forbidden],
        May::Owner => [Unknown, Unknown, In, Nothing, Forbidden, Forbidden],
        May::OwnerAndOrganisers => [Unknown, Unknown, In, Nothing, Forbidden, In],
        May::Doors => [Unknown, Unknown, Forbidden, Forbidden, In, In],
        May::Organisers => [Unknown, Unknown, Forbidden, Forbidden, Forbidden, In],
    };
    [
        ("nobody", nobody),
        ("forger", forger),
        ("other", other),
        ("door", door),
        ("organiser", organiser),
        // Last, as it changes its own order.
        ("owner", owner),
    ]
}

/// A show with an order for callers to try.
struct Stage {
    show: String,
    order: String,
    ticket: String,
    payment: String,
}

async fn stage(office: &TestOffice, owner: &Client, operation: &str) -> Stage {
    let show = office.show(json!({"returns": "buyer"})).await;
    let order = owner.hold(&show, &["A-1-1"]).await.expect_status(201);
    let order = order["id"].as_str().expect("an id").to_owned();
    let is_paid = matches!(
        operation,
        "get_payment" | "refund_order" | "list_tickets" | "check_in_ticket"
    );
    let (ticket, payment) = if is_paid {
        let paid = owner.pay(&order, "card_ok").await.expect_status(200);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        (text(&paid["tickets"][0]["code"]), text(&paid["id"]))
    } else {
        ("SAZJZ-WBYHS-TKHUE".to_owned(), String::new())
    };
    Stage {
        show,
        order,
        ticket,
        payment,
    }
}

fn body_of(operation: &str) -> Value {
    match operation {
        "create_order" => json!({"seats": ["B-1-1"]}),
        "pay_order" => json!({"provider": "sandbox", "payment_method": "card_declined"}),
        "update_show" => json!({"state": "closed"}),
        "block_seats" | "unblock_seats" | "release_blocks" => json!({"seats": ["B-1-2"]}),
        "create_key" => json!({"name": "Another"}),
        _ => Value::Null,
    }
}

async fn seen(client: &Client, operation: &Operation, stage: &Stage) -> Seen {
    let ids = [
        ("show", stage.show.as_str()),
        ("order", stage.order.as_str()),
        ("code", stage.ticket.as_str()),
        ("payment", stage.payment.as_str()),
        ("offset", "latest"),
    ];
    let request = client.request(operation.method.clone(), &operation.path_of(&ids));
    let body = body_of(&operation.id);
    let request = if body.is_null() {
        request
    } else {
        request.json(&body)
    };
    let answer = send(request).await.expect("an answer");
    assert!(
        !answer.status.is_server_error(),
        "{}: {}",
        operation.id,
        answer.body
    );
    match answer.status.as_u16() {
        401 => Seen::Unknown,
        403 => Seen::Forbidden,
        404 if answer.body["detail"] == "there is no such order" => Seen::Nothing,
        _ => Seen::In,
    }
}

#[tokio::test]
async fn each_caller_does_what_it_may_and_no_more() {
    let office = TestOffice::start().await;
    let url = office.nodes[0].url();
    let organiser = office.organiser();
    let door = json!({"name": "Gate", "role": "door"});
    let door = organiser.post("/v1/keys", &door).await.expect_status(201);
    let (owner, other) = (office.buyer().await, office.buyer().await);
    let forged = owner.token().replace(|c: char| c.is_ascii_digit(), "7");
    let client = |name: &str| match name {
        "nobody" => Client::new(url, None),
        "forger" => Client::new(url, Some(&forged)),
        "owner" => owner.clone(),
        "other" => other.clone(),
        "door" => organiser.with_token(door["key"].as_str().expect("a key")),
        _ => Client::new(url, Some(ORGANISER_KEY)),
    };
    let mut wrong = Vec::new();
    for operation in operations() {
        let mut untouched = None;
        for (name, expected) in callers(may(&operation.id)) {
            // No caller meets what another has done.
            let here = match untouched.take() {
                Some(stage) => stage,
                None => stage(&office, &owner, &operation.id).await,
            };
            let found = seen(&client(name), &operation, &here).await;
            if found != Seen::In || !operation.writes() {
                untouched = Some(here);
            }
            if found != expected {
                wrong.push(format!("{} by {name}: {found:?}, not {expected:?}", operation.id));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
