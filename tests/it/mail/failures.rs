//! Mail servers that take nothing, or not now; and nodes that end meanwhile.

use serde_json::json;

use super::{
    ADA, BOB, DROPPED, FROM, GIVEN_UP, HASTE, HURRY, REFUSED, SENT, WAITING, hold_as, office_at, office_with,
    pay, text, wait_for_log,
};
use crate::office::{Certificates, Client, MailServer, TestOffice};

/// An order that is paid.
struct Bought {
    show: String,
    buyer: Client,
    order: String,
}

async fn ada_pays(office: &TestOffice) -> Bought {
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = hold_as(&buyer, &show, &["A-1-1"], ADA).await;
    pay(&buyer, &order).await;
    Bought { show, buyer, order }
}

#[tokio::test]
async fn a_server_that_is_away_gets_it_later_and_no_payment_waits() {
    let port = MailServer::free_port();
    let url = format!("smtp://127.0.0.1:{port}?tls=none");
    let settings = [("BOXOFFICE_SMTP_URL", url.as_str()), FROM, HASTE];
    let office = TestOffice::with(1, None, &settings).await;
    ada_pays(&office).await;
    let tried = "SELECT count(*) FROM mails WHERE state = 1 AND attempts > 0";
    office.database.wait_until(tried, 1).await;
    let server = MailServer::start_at(port, &[]).await;
    office.database.execute(HURRY);
    let mails = server.wait_for(1).await;
    assert_eq!(mails[0]["to"], json!(["ada@example.org"]));
    office.database.wait_until(SENT, 1).await;
    wait_for_log(&office, "mail can't be sent now").await;
}

#[tokio::test]
async fn what_is_put_off_is_sent_again_as_the_same_mail() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    server.answer_next("rcpt", "451 later").await;
    // What is wrong with the sender is wrong with the settings, and mended there.
    server.answer_next("mail", "550 no such sender").await;
    server.answer_next("data", "452 full").await;
    ada_pays(&office).await;
    let mails = server.wait_for(2).await;
    office.database.wait_until(SENT, 1).await;
    let id = |number: usize| text(&mails[number]["headers"]["message-id"]);
    assert_eq!(id(0), id(1));
    assert_eq!(office.database.number("SELECT attempts FROM mails"), 4);
}

#[tokio::test]
async fn what_was_sent_is_not_sent_twice_as_it_cannot_be_written_down_at_once() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = hold_as(&buyer, &show, &["A-1-1"], ADA).await;
    let begin = async { drop(pay(&buyer, &order).await) };
    office
        .database
        .refuse_once("UPDATE OF ended_at", "mails", begin)
        .await;
    office.database.wait_until(SENT, 1).await;
    assert_eq!(server.wait_for(1).await.len(), 1);
}

#[tokio::test]
async fn a_refusal_for_good_ends_it_and_touches_no_order() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    server
        .answer_next("rcpt", "550 <ada@example.org> is unknown")
        .await;
    let Bought { show, buyer, order } = ada_pays(&office).await;
    office.database.wait_until(REFUSED, 1).await;
    assert_eq!(office.database.number("SELECT status FROM mails"), 550);
    let path = format!("/v1/orders/{order}");
    assert_eq!(buyer.get(&path).await.expect_status(200)["state"], "paid");
    let log = wait_for_log(&office, "refused a mail").await;
    assert!(!log.contains("example.org"), "{log}");
    // Others are written to all the same.
    let order = hold_as(&buyer, &show, &["A-1-2"], BOB).await;
    pay(&buyer, &order).await;
    assert_eq!(server.wait_for(1).await[0]["to"], json!(["bob@example.org"]));
}

#[tokio::test]
async fn a_silent_server_is_left_after_a_while() {
    let server = MailServer::start().await;
    let office = office_with(&server, &[("BOXOFFICE_MAIL_SECONDS_MAX", "1")]).await;
    server.answer_next("data", "silence").await;
    ada_pays(&office).await;
    let mails = server.wait_for(2).await;
    let id = |number: usize| text(&mails[number]["headers"]["message-id"]);
    assert_eq!(id(0), id(1));
    office.database.wait_until(SENT, 1).await;
}

#[tokio::test]
async fn a_node_that_is_killed_leaves_its_mails_to_the_next_one() {
    let server = MailServer::start().await;
    let mut office = office_at(&server).await;
    server.answer_next("data", "silence").await;
    ada_pays(&office).await;
    server.wait_for(1).await;
    office.nodes.remove(0).kill().await;
    assert_eq!(office.database.number(WAITING), 1);
    // Sooner than the lease ends by itself.
    office.database.execute(HURRY);
    office.add_node().await;
    let mails = server.wait_for(2).await;
    let id = |number: usize| text(&mails[number]["headers"]["message-id"]);
    assert_eq!(id(0), id(1));
    office.database.wait_until(SENT, 1).await;
}

#[tokio::test]
async fn what_is_too_late_is_given_up() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    server.answer_all("rcpt", Some("451 later")).await;
    ada_pays(&office).await;
    office.database.wait_until(WAITING, 1).await;
    office
        .database
        .execute("UPDATE mails SET caused_at = caused_at - interval '49 hours', due_at = clock_timestamp()");
    office.database.wait_until(GIVEN_UP, 1).await;
    let figures = office.metrics(0).await;
    assert!(
        figures.contains("boxoffice_mails_total{kind=\"paid\",outcome=\"given_up\"} 1"),
        "{figures}"
    );
}

#[tokio::test]
async fn a_buyer_who_was_erased_is_not_written_to() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    server.answer_all("rcpt", Some("451 later")).await;
    let Bought { order, .. } = ada_pays(&office).await;
    office.database.wait_until(WAITING, 1).await;
    let path = format!("/v1/orders/{order}/buyer");
    office.organiser().delete(&path).await.expect_status(204);
    office.database.execute(HURRY);
    office.database.wait_until(DROPPED, 1).await;
    assert!(server.mails().await.is_empty());
}

#[tokio::test]
async fn tls_and_a_password_are_used_and_a_wrong_one_ends_no_mail() {
    let certificates = Certificates::make();
    let (folder, authority) = (certificates.folder().to_string_lossy(), certificates.authority());
    let arguments = ["--certificates", &folder, "--password", "s/cret"];
    let server = MailServer::start_at(MailServer::free_port(), &arguments).await;
    let port = server.port();
    let wrong = format!("smtp://office:wrong@127.0.0.1:{port}");
    let settings = [FROM, HASTE, ("SSL_CERT_FILE", authority.as_str())];
    let mut office = TestOffice::with(0, None, &settings).await;
    office.add_node_with(&[("BOXOFFICE_SMTP_URL", &wrong)]).await;
    let Bought { show, .. } = ada_pays(&office).await;
    let tried = "SELECT count(*) FROM mails WHERE state = 1 AND status = 535";
    office.database.wait_until(tried, 1).await;
    let log = wait_for_log(&office, "answered 535").await;
    assert!(!log.contains("wrong"), "{log}");
    office.nodes.clear();
    let right = format!("smtp://office:s%2Fcret@127.0.0.1:{port}");
    office.add_node_with(&[("BOXOFFICE_SMTP_URL", &right)]).await;
    office.database.execute(HURRY);
    let mails = server.wait_for(1).await;
    assert_eq!(
        (&mails[0]["tls"], &mails[0]["user"]),
        (&json!(true), &json!("office"))
    );
    office.database.wait_until(SENT, 1).await;
    // One that speaks TLS from the first byte on; whoever isn't believed is told nothing.
    let arguments = ["--certificates", &folder, "--implicit"];
    let other = MailServer::start_at(MailServer::free_port(), &arguments).await;
    office.nodes.clear();
    let url = format!("smtps://127.0.0.1:{}", other.port());
    office
        .add_node_with(&[("BOXOFFICE_SMTP_URL", &url), ("SSL_CERT_FILE", "/dev/null")])
        .await;
    let buyer = office.buyer().await;
    let order = hold_as(&buyer, &show, &["A-1-2"], BOB).await;
    pay(&buyer, &order).await;
    let tried = "SELECT count(*) FROM mails WHERE state = 1 AND attempts > 0";
    office.database.wait_until(tried, 1).await;
    assert!(other.mails().await.is_empty());
    office.nodes.clear();
    office.add_node_with(&[("BOXOFFICE_SMTP_URL", &url)]).await;
    office.database.execute(HURRY);
    assert_eq!(other.wait_for(1).await[0]["to"], json!(["bob@example.org"]));
}
