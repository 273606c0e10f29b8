//! What a viewer gets next, frame by frame.

use chrono::DateTime;
use futures_util::StreamExt as _;

use super::*;
use domain::event::{EventKind, Places};
use domain::id::ShowId;
use domain::money::Currency;
use domain::plan::SeatIndex;
use domain::plan::generate::{Spec, generate};
use domain::show::{LatePayment, Returns};

fn watch(frames_bytes_max: usize) -> Arc<Watch> {
    watch_of(9, frames_bytes_max)
}

fn watch_of(seats: u32, frames_bytes_max: usize) -> Arc<Watch> {
    ticking_watch(seats, frames_bytes_max, Duration::from_secs(3_600))
}

fn ticking_watch(seats: u32, frames_bytes_max: usize, tick: Duration) -> Arc<Watch> {
    let plan = generate(&Spec {
        sections: 1,
        rows: 1,
        seats,
        zones: 0,
    })
    .expect("a plan");
    let show = Show {
        id: ShowId(1024),
        plan_id: 0,
        plan: Arc::new(plan),
        title: "x".into(),
        starts_at: DateTime::UNIX_EPOCH,
        currency: Currency::try_from("EUR".to_owned()).expect("a currency"),
        prices: vec![1, 2, 3],
        zone_capacities: Vec::new(),
        hold: Duration::from_secs(1),
        hold_grace: Duration::ZERO,
        order_places_max: 9,
        session_places_max: 9,
        on_sale_at: None,
        closes_at: None,
        returns: Returns::Organiser,
        returns_until: None,
        late_payment: LatePayment::Refund,
        payment_window: Duration::ZERO,
        created_at: DateTime::UNIX_EPOCH,
    };
    let settings = LiveSettings {
        tick,
        shows_max: 1,
        viewers_max: 9,
        frames_bytes_max,
    };
    Watch::start(Arc::new(show), SeatMap::new(seats as usize, 0), &settings)
}

fn blocked(offset: i64) -> Event {
    let seat = SeatIndex(u32::try_from(offset).expect("a seat") - 1);
    Event {
        offset: Offset(offset),
        at: DateTime::UNIX_EPOCH,
        kind: EventKind::Blocked,
        order: None,
        places: Places {
            seats: vec![seat],
            zones: Vec::new(),
        },
        terms: None,
        tickets: Vec::new(),
    }
}

#[tokio::test]
async fn a_viewer_behind_the_kept_frames_is_told_so_and_the_others_are_not() {
    let watch = watch(1);
    let _viewing = watch.enter();
    for offset in 1..=3 {
        assert_eq!(watch.accept(&[blocked(offset)]), Accepted::Folded);
        watch.flush();
    }
    assert!(matches!(watch.next_frame(Offset(0)), Next::Behind));
    assert!(matches!(watch.next_frame(Offset(1)), Next::Behind));
    assert!(matches!(watch.next_frame(Offset(2)), Next::Frame(_, Offset(3))));
    assert!(matches!(watch.next_frame(Offset(3)), Next::Wait));
}

#[tokio::test]
async fn events_are_taken_once_and_in_order_and_a_gap_is_told() {
    let watch = watch(1_000_000);
    let _viewing = watch.enter();
    assert_eq!(watch.accept(&[blocked(1), blocked(2)]), Accepted::Folded);
    assert_eq!(watch.accept(&[blocked(2), blocked(3)]), Accepted::Folded);
    assert_eq!(watch.accept(&[blocked(5)]), Accepted::Gap);
    assert_eq!(watch.offset(), Offset(3));
    watch.flush();
    let Next::Frame(frame, Offset(3)) = watch.next_frame(Offset(1)) else {
        panic!("no frame")
    };
    let text = String::from_utf8_lossy(&frame);
    // Only what the viewer hasn't seen.
    assert!(
        !text.contains("\"offset\":1,") && text.contains("\"offset\":2,") && text.contains("\"offset\":3,")
    );
}

#[test]
fn a_map_written_in_pieces_is_the_map() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let _entered = runtime.enter();
    let watch = watch_of(700, 1_000_000);
    for offset in [1, 128, 129, 700] {
        while watch.offset().0 < offset {
            watch.accept(&[blocked(watch.offset().0 + 1)]);
        }
        let rendered = watch.rendered();
        let mut unpacked = String::new();
        let gzip = rendered.gzip();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&gzip[..]), &mut unpacked)
            .expect("gzip");
        let map = watch.lock().map.clone();
        let whole = render::map_json(watch.show(), watch.face(), &map, DateTime::UNIX_EPOCH);
        let expected = whole.replace("\"at\":\"1970-01-01T00:00:00Z\",", "");
        assert_eq!(unpacked, expected, "after {offset}");
        assert_eq!(rendered.body(), expected);
        assert_eq!(rendered.etag(), format!("\"{offset}\""));
        serde_json::from_str::<serde_json::Value>(&unpacked).expect("JSON");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tick_lasts_until_most_viewers_have_its_frame() {
    let tick = Duration::from_millis(50);
    let watch = ticking_watch(9, 1_000_000, tick);
    let _viewers: Vec<Viewing> = (0..8).map(|_| watch.enter()).collect();
    let mut frames = watch.frames();
    watch.accept(&[blocked(1)]);
    frames.changed().await.expect("a frame");
    let begin = tokio::time::Instant::now();
    watch.accept(&[blocked(2)]);
    frames.changed().await.expect("a frame");
    assert_eq!(begin.elapsed(), TICK_MAX, "nobody took the frame before");

    for _ in 0..7 {
        assert!(matches!(watch.next_frame(Offset(1)), Next::Frame(_, Offset(2))));
    }
    let begin = tokio::time::Instant::now();
    watch.accept(&[blocked(3)]);
    frames.changed().await.expect("a frame");
    assert_eq!(begin.elapsed(), tick, "all but one took it");
}

#[tokio::test]
async fn a_large_snapshot_is_handed_over_in_pieces() {
    let watch = watch_of(1_400, 1_000_000);
    let silent = futures_util::stream::pending::<Result<Bytes, std::convert::Infallible>>();
    let viewer = crate::live::viewer::frames(watch.enter(), crate::live::viewer::Start::Snapshot, silent);
    let mut viewer = std::pin::pin!(viewer);
    let whole = watch.rendered().snapshot_frame();
    let mut received = Vec::new();
    while received.len() < whole.len() {
        let Ok(piece) = viewer.next().await.expect("a piece");
        // What fits into a connection's buffer beside the handshake's headers.
        assert!(piece.len() <= 7_680, "{} bytes", piece.len());
        received.extend_from_slice(&piece);
    }
    assert!(whole.len() > 2 * 7_680);
    assert_eq!(received, whole);
}
