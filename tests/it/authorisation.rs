//! Every call of the OpenAPI document by every kind of caller. A call that isn't in the table fails the test, so that none can
//! be forgotten.

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::office::{Client, ORGANISER_KEY, Operation, TestOffice, operations, send};

const OPERATOR_KEY: &str = "boo_operators-key-for-tests";

/// Who may ask for something. Roles are those of keys, apart by spaces.
#[derive(Clone, Copy, PartialEq)]
enum May {
    /// Anybody.
    All,
    /// Buyers, for themselves.
    Buyers,
    /// The buyer whose order it is, who pays it.
    Payer,
    /// The buyer whose order it is, and whoever has such a key of the organiser whose show it is.
    PayerAnd(&'static str),
    /// Whoever has such a key of the organiser whose thing it is.
    Its(&'static str),
    /// Whoever has such a key, for what is its own or the office's.
    Any(&'static str),
}

fn may(operation: &str) -> May {
    match operation {
        "get_health" | "get_readiness" | "get_metrics" | "get_plan" | "list_shows" | "get_show"
        | "list_events" | "list_holds" | "watch_show" | "get_seat_map" | "get_snapshot"
        | "list_providers" | "list_ticket_keys" | "get_selection" | "get_line" | "create_session"
        | "take_notice" => May::All,
        "create_order"
        | "create_selection"
        | "list_selections"
        | "list_orders"
        | "join_waitlist"
        | "join_line"
        | "read_inbox"
        | "acknowledge_notices" => May::Buyers,
        "pay_order" | "delete_selection" | "change_entry" | "get_line_place" => May::Payer,
        "get_order" | "get_payment" | "list_tickets" | "get_entry" => May::PayerAnd("owner sales reader"),
        "abort_order" | "drop_places" | "refund_order" | "exchange_order" | "transfer_ticket"
        | "update_order" | "erase_buyer" | "leave_waitlist" => May::PayerAnd("owner sales"),
        "check_in_ticket" => May::Its("owner door"),
        "list_check_ins" | "list_show_orders" | "get_sales" | "list_show_revisions" | "get_cancellation" => {
            May::Its("owner sales reader")
        }
        "create_box_office_order"
        | "export_orders"
        | "export_tickets"
        | "block_seats"
        | "unblock_seats"
        | "release_blocks"
        | "create_codes"
        | "update_code"
        | "delete_code"
        | "offer_entry" => May::Its("owner sales"),
        "list_blocks" | "list_codes" | "get_code" | "list_waitlist" => May::Its("owner sales reader"),
        "update_show"
        | "cancel_show"
        | "get_webhook_endpoint"
        | "update_webhook_endpoint"
        | "delete_webhook_endpoint"
        | "rotate_webhook_secret"
        | "list_webhook_deliveries"
        | "replay_webhooks"
        | "test_webhook_endpoint" => May::Its("owner"),
        "revoke_key" | "rotate_key" => May::Its("owner operator"),
        "get_organiser" => May::Its("owner sales reader operator"),
        "create_plan"
        | "create_show"
        | "create_series"
        | "create_webhook_endpoint"
        | "list_webhook_endpoints" => May::Any("owner"),
        "get_mail_template" | "get_mail_sender" => May::Any("owner sales reader"),
        "put_mail_template" | "delete_mail_template" | "preview_mail" | "put_mail_sender" => {
            May::Any("owner")
        }
        "list_mails" => May::Its("owner sales reader"),
        "check_in_tickets" | "undo_check_in" => May::Its("owner door"),
        "get_door" | "get_door_bundle" => May::Its("owner sales door reader"),
        "create_check_in_list" | "update_check_in_list" | "delete_check_in_list" => May::Its("owner"),
        "list_check_in_lists" | "get_check_in_list" => May::Its("owner sales door reader"),
        "create_key" | "list_keys" | "retry_dead_task" => May::Any("owner operator"),
        "list_audit" | "list_dead_tasks" => May::Any("owner sales reader operator"),
        "create_organiser" | "list_organisers" | "update_organiser" => May::Any("operator"),
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

/// The kinds of callers: the last one is the buyer whose order it is, who changes it.
const CALLERS: [&str; 12] = [
    "nobody", "forger", "expired", "revoked", "buyer", "sales", "door", "reader", "operator", "stranger",
    "owner", "payer",
];

/// What a caller sees where this one may ask.
fn expected(may: May, caller: &str) -> Seen {
    let key = |roles: &str, to_others: Seen| match caller {
        // Another organiser's owner.
        "stranger" if roles.split(' ').any(|role| role == "owner") => to_others,
        role if roles.split(' ').any(|known| known == role) => Seen::In,
        _ => Seen::Forbidden,
    };
    match (may, caller) {
        (May::All, _) => Seen::In,
        (_, "nobody" | "forger" | "expired" | "revoked") => Seen::Unknown,
        (May::Buyers, "buyer") | (May::Buyers | May::Payer | May::PayerAnd(_), "payer") => Seen::In,
        (May::Payer | May::PayerAnd(_), "buyer") => Seen::Nothing,
        (May::Buyers | May::Payer, _) => Seen::Forbidden,
        (May::PayerAnd(roles) | May::Its(roles), _) => key(roles, Seen::Nothing),
        (May::Any(roles), _) => key(roles, Seen::In),
    }
}

/// A show with a paid order, and a key, for callers to try.
struct Stage {
    show: String,
    order: String,
    ticket: String,
    payment: String,
    key: String,
    endpoint: String,
    organiser: String,
    selection: String,
    entry: String,
    place: String,
}

async fn stage(office: &TestOffice, payer: &Client) -> Stage {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let show = office.show(json!({"returns": "buyer", "waitlist": {}})).await;
    let order = payer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let order = text(&order["id"]);
    let paid = payer.pay(&order, "card_ok").await.expect_status(200);
    let key = json!({"name": "Another", "role": "door"});
    let key = office.organiser().post("/v1/keys", &key).await.expect_status(201);
    // An organiser may have a few of them at a time, and a session of these; the first stage is asked to the end.
    office.database.execute(
        "DELETE FROM webhook_endpoints \
         WHERE endpoint_id <> (SELECT endpoint_id FROM webhook_endpoints ORDER BY created_at LIMIT 1); \
         DELETE FROM selections WHERE show_id <> (SELECT min(show_id) FROM selections)",
    );
    let organiser = office.organiser();
    let endpoint = organiser.post("/v1/webhook-endpoints", &endpoint_request()).await;
    let endpoint = endpoint.expect_status(201);
    let selection = json!({"show": &show, "seats": ["B-1-1"]});
    let selection = payer.post("/v1/selections", &selection).await.expect_status(201);
    let selection = text(&selection["id"]);
    // There is nothing left on the floor.
    let blocks = json!({"zones": [{"zone": "Floor", "count": 10}]});
    let blocked = organiser.post(&format!("/v1/shows/{show}/blocks"), &blocks).await;
    blocked.expect_status(200);
    let waitlist = format!("/v1/shows/{show}/waitlist");
    let entry = payer
        .post(&waitlist, &body_of("join_waitlist", &show))
        .await
        .expect_status(201);
    // A show with a line of its own: nobody could hold anything on it.
    let lined = office.show(json!({"line": {}})).await;
    let place = payer.post(&format!("/v1/shows/{lined}/line"), &json!(null)).await;
    let place = place.expect_status(201);
    Stage {
        place: text(&place["place"]),
        entry: text(&entry["id"]),
        selection,
        show,
        order,
        ticket: text(&paid["tickets"][0]["code"]),
        payment: text(&paid["id"]),
        key: text(&key["id"]),
        endpoint: text(&endpoint["id"]),
        organiser: format!("org_{:032x}", 1),
    }
}

/// An endpoint to which nothing gets: its name stands for the machine itself.
fn endpoint_request() -> Value {
    json!({"url": "https://localhost/"})
}

fn body_of(operation: &str, show: &str) -> Value {
    match operation {
        "create_selection" => json!({"show": show, "seats": ["B-1-1"]}),
        "create_order" => json!({"seats": ["B-1-1"]}),
        "exchange_order" => json!({"seats": ["B-3-1"]}),
        "create_box_office_order" => json!({"seats": ["B-2-1"], "paid_with": "cash"}),
        "join_waitlist" | "change_entry" => json!({"wish": {"count": 1, "zone": "Floor"}}),
        "pay_order" => json!({"provider": "sandbox", "payment_method": "card_declined"}),
        "drop_places" => json!({"seats": ["A-1-1"]}),
        "update_order" => json!({"metadata": {"seen": "yes"}}),
        "update_show" => json!({"state": "closed"}),
        "block_seats" | "unblock_seats" | "release_blocks" => json!({"seats": ["B-1-2"]}),
        "create_key" => json!({"name": "Another"}),
        "rotate_key" => json!({"overlap_seconds": 0}),
        "create_webhook_endpoint" => endpoint_request(),
        "update_webhook_endpoint" => json!({"enabled": false}),
        "replay_webhooks" => json!({"show": "1024", "after": 0}),
        "create_organiser" | "update_organiser" => json!({"name": "Another"}),
        "create_codes" => json!({"count": 1, "percent": 10}),
        "update_code" => json!({"uses_max": 1}),
        "create_check_in_list" | "update_check_in_list" => json!({"name": "Gate"}),
        "put_mail_template" | "preview_mail" => json!({"subject": "{{show}}", "text": "{{greeting}}"}),
        "put_mail_sender" => json!({"name": "Venue"}),
        "check_in_tickets" => {
            json!({"check_ins": [{"code": "SAZJZ-WBYHS-TKHUE", "device": "gate", "nonce": "1"}]})
        }
        _ => Value::Null,
    }
}

async fn seen(client: &Client, operation: &Operation, stage: &Stage) -> Seen {
    let ids = [
        ("show", stage.show.as_str()),
        ("order", stage.order.as_str()),
        ("code", stage.ticket.as_str()),
        ("payment", stage.payment.as_str()),
        ("key", stage.key.as_str()),
        ("endpoint", stage.endpoint.as_str()),
        ("organiser", stage.organiser.as_str()),
        ("selection", stage.selection.as_str()),
        ("entry", stage.entry.as_str()),
        ("place", stage.place.as_str()),
        ("kind", "paid"),
        ("language", "en"),
        ("offset", "latest"),
    ];
    let request = client.request(operation.method.clone(), &operation.path_of(&ids));
    let body = body_of(&operation.id, &stage.show);
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
    let missing = [
        "show",
        "order",
        "ticket",
        "key",
        "organiser",
        "endpoint",
        "selection",
        "entry",
        "place",
    ]
    .map(|what| format!("there is no such {what}"));
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    match answer.status.as_u16() {
        401 => Seen::Unknown,
        403 => Seen::Forbidden,
        404 if missing.iter().any(|known| known == detail) => Seen::Nothing,
        _ => Seen::In,
    }
}

/// Everybody who asks, by name.
async fn callers(office: &TestOffice) -> Vec<(&'static str, Client)> {
    let organiser = office.organiser();
    let operator = organiser.with_token(OPERATOR_KEY);
    let make = async |keeper: &Client, request: Value| {
        let made = keeper.post("/v1/keys", &request).await.expect_status(201);
        let key = made["key"].as_str().expect("a key").to_owned();
        (
            made["id"].as_str().expect("an id").to_owned(),
            organiser.with_token(&key),
        )
    };
    let other = operator.post("/v1/organisers", &json!({"name": "Another"})).await;
    let other = other.expect_status(201)["id"].clone();
    let stranger = json!({"name": "Stranger", "organiser": other});
    let (revoked, (_, expired)) = (
        make(&organiser, json!({"name": "Revoked"})).await,
        make(
            &organiser,
            json!({"name": "Expired", "expires_at": "2100-01-01T00:00:00Z"}),
        )
        .await,
    );
    let end = "UPDATE keys SET expires_at = clock_timestamp() WHERE name = 'Expired'";
    office.database.connect().batch_execute(end).expect("an end");
    // The node reads all keys before it answers that.
    organiser
        .delete(&format!("/v1/keys/{}", revoked.0))
        .await
        .expect_status(204);
    let payer = office.buyer().await;
    let forged = payer.token().replace(|c: char| c.is_ascii_digit(), "7");
    let mut callers = Vec::new();
    for name in CALLERS {
        let client = match name {
            "nobody" => Client::new(office.nodes[0].url(), None),
            "forger" => organiser.with_token(&forged),
            "expired" => expired.clone(),
            "revoked" => revoked.1.clone(),
            "buyer" => office.buyer().await,
            "payer" => payer.clone(),
            "operator" => operator.clone(),
            "stranger" => make(&operator, stranger.clone()).await.1,
            "owner" => organiser.with_token(ORGANISER_KEY),
            role => make(&organiser, json!({"name": role, "role": role})).await.1,
        };
        callers.push((name, client));
    }
    callers
}

#[tokio::test]
async fn each_caller_does_what_it_may_and_no_more() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_OPERATOR_KEY", OPERATOR_KEY)]).await;
    let callers = callers(&office).await;
    let (_, payer) = callers.last().expect("callers");
    // What is only read stays as it is, and whatever is written to is still there afterwards.
    let read = stage(&office, payer).await;
    let mut wrong = Vec::new();
    for operation in operations() {
        let written = match operation.writes() && operation.path.contains('{') {
            true => Some(stage(&office, payer).await),
            false => None,
        };
        let stage = written.as_ref().unwrap_or(&read);
        let asked = callers.iter().map(|(_, client)| seen(client, &operation, stage));
        let found = join_all(asked).await;
        for ((name, _), found) in callers.iter().zip(found) {
            let expected = expected(may(&operation.id), name);
            if found != expected {
                wrong.push(format!("{} by {name}: {found:?}, not {expected:?}", operation.id));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
