//! Viewers are told how a line moves.

use serde_json::{Value, json};

use super::{block_all, join, number, session, show_without_places};
use crate::live::event_stream::Listener;
use crate::office::{TestOffice, Viewer};

#[tokio::test]
async fn viewers_of_both_kinds_are_told_who_is_admitted() {
    let office = TestOffice::start().await;
    let show = show_without_places(&office, json!({})).await;
    let (_, buyer) = session(&office, 0).await;
    let place = join(&buyer, &show).await;
    let mut viewer = Viewer::watch_at(&office.nodes[0], &format!("/v1/shows/{show}/live")).await;
    let mut listener = Listener::open(&buyer, &show, None).await;
    assert_eq!(viewer.next_frame().await.expect("a frame")["type"], "snapshot");
    assert_eq!(listener.next().await.expect("an event").kind, "snapshot");
    let told = next_line(&mut viewer).await;
    assert!(told["last_number"].as_u64() >= Some(number(&place)), "{told}");
    assert_eq!((&told["admitted"], &told["drawn"]), (&json!(0), &json!(0)));
    block_all(&office, &show, "blocks/release").await;
    let told = loop {
        let told = next_line(&mut viewer).await;
        if told["admitted"].as_u64() >= Some(number(&place)) {
            break told;
        }
    };
    assert!(told["rate"].as_f64() > Some(0.0), "{told}");
    let event = loop {
        let event = listener.next().await.expect("an event");
        if event.kind == "line" && event.data["admitted"] == told["admitted"] {
            break event;
        }
    };
    // It is no event of the journal: whoever comes back does so by the last one.
    assert_eq!(event.id, None);
    // Whoever comes now is told at once.
    let mut later = Viewer::watch_at(&office.nodes[0], &format!("/v1/shows/{show}/live")).await;
    assert_eq!(next_line(&mut later).await["admitted"], told["admitted"]);
}

async fn next_line(viewer: &mut Viewer) -> Value {
    loop {
        let frame = viewer.next_frame().await.expect("a frame");
        if frame["type"] == "line" {
            return frame;
        }
    }
}
