//! What a viewer gets next, frame by frame.

use std::sync::atomic::AtomicUsize;

use chrono::DateTime;
use futures_util::{FutureExt as _, StreamExt as _};

use super::*;
use crate::live::feed::{SeatsForm, Start};
use crate::show::Accepted;
use crate::store::inventory::Loaded;
use domain::event::{EventKind, Places, TermsChange};
use domain::id::ShowId;
use domain::money::Currency;
use domain::plan::SeatIndex;
use domain::plan::generate::{Spec, generate};
use domain::plan::numbering::SeatsMoved;
use domain::seat_map::SeatMap;

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
    let currency = Currency::try_from("EUR".to_owned()).expect("a currency");
    let show = Show::with_usual_terms(ShowId(1024), Arc::new(plan), currency);
    let settings = LiveSettings {
        tick,
        viewers_max: 9,
        frames_bytes_max,
    };
    let names = Arc::new(PlaceNames::of(&show));
    let followed = Arc::new(Followed::new(Arc::new(show), Arc::default()));
    followed.install(free(seats, 0));
    Watch::start(followed, names, Revision::FIRST, &settings)
}

/// A show without an order, at this offset.
fn free(seats: u32, offset: i64) -> Loaded {
    let mut map = SeatMap::new(seats as usize, Vec::new());
    map.offset = Offset(offset);
    Loaded {
        state: ShowState::from_parts(map, domain::labeled::Labeled::default(), []),
        at: DateTime::UNIX_EPOCH,
    }
}

fn accept(watch: &Watch, events: &[Event]) -> Accepted {
    watch.followed().accept(events)
}

fn at(watch: &Watch, offset: i64) -> Position {
    watch.position_at(Offset(offset))
}

fn blocked(offset: i64) -> Event {
    let seat = SeatIndex(u32::try_from(offset).expect("a seat") - 1);
    Event {
        offset: Offset(offset),
        at: DateTime::UNIX_EPOCH,
        kind: EventKind::Blocked,
        order: None,
        hold: None,
        places: Places {
            seats: vec![seat],
            zones: Vec::new(),
        },
        terms: None,
        tickets: Vec::new(),
        change: None,
        label: None,
        entry: None,
    }
}

#[tokio::test]
async fn a_viewer_behind_the_kept_frames_is_told_so_and_the_others_are_not() {
    let watch = watch(1);
    let mut viewing = watch.enter();
    for offset in 1..=3 {
        assert_eq!(accept(&watch, &[blocked(offset)]), Accepted::Folded);
        watch.flush();
    }
    let mut next = |offset| viewing.next_frame(at(&watch, offset));
    assert!(matches!(next(0), Next::Behind));
    assert!(matches!(next(1), Next::Behind));
    assert!(matches!(
        next(2),
        Next::Frame(
            _,
            Position {
                offset: Offset(3),
                ..
            }
        )
    ));
    assert!(matches!(next(3), Next::Wait));
}

#[tokio::test]
async fn events_are_taken_once_and_in_order_and_a_gap_is_told() {
    let watch = watch(1_000_000);
    let mut viewing = watch.enter();
    assert_eq!(accept(&watch, &[blocked(1), blocked(2)]), Accepted::Folded);
    assert_eq!(accept(&watch, &[blocked(2), blocked(3)]), Accepted::Folded);
    assert_eq!(accept(&watch, &[blocked(5)]), Accepted::Gap);
    assert_eq!(watch.offset(), Some(Offset(3)));
    assert!(watch.followed().is_behind());
    watch.flush();
    let Next::Frame(
        frame,
        Position {
            offset: Offset(3), ..
        },
    ) = viewing.next_frame(at(&watch, 1))
    else {
        panic!("no frame")
    };
    let text = String::from_utf8_lossy(&frame);
    // Only what the viewer hasn't seen.
    assert!(
        !text.contains("\"offset\":1,") && text.contains("\"offset\":2,") && text.contains("\"offset\":3,")
    );
}

#[tokio::test]
async fn who_saw_what_turned_out_wrong_begins_again() {
    let watch = watch(1_000_000);
    let mut viewing = watch.enter();
    accept(&watch, &[blocked(1), blocked(2), blocked(3)]);
    watch.flush();
    let before = at(&watch, 3);
    assert!(matches!(viewing.next_frame(before), Next::Wait));

    // An event that contradicts the state: the seat is blocked already.
    let contradiction = Event {
        offset: Offset(4),
        ..blocked(3)
    };
    assert_eq!(accept(&watch, &[contradiction]), Accepted::Spoilt);
    assert!(watch.rendered().is_none(), "a wrong map is shown");
    assert!(matches!(viewing.next_frame(before), Next::Wait));
    // Some of the events were never committed.
    watch.followed().install(free(9, 2));
    assert!(matches!(viewing.next_frame(before), Next::Behind));
    // The terms may be others of the same revision: their names have to be read.
    assert!(
        watch.rendered().is_none(),
        "a map with names that may be wrong is shown"
    );
    assert_eq!(watch.lacks_names(), Some(Revision::FIRST));
    watch.name(Arc::new(PlaceNames::of(watch.show())), Revision::FIRST);
    let map = watch.rendered().expect("a map");
    assert_eq!((map.offset(), map.body()), (Offset(2), once(&watch, 2)));
    assert!(matches!(viewing.next_frame(map.position()), Next::Wait));
    assert_eq!(accept(&watch, &[blocked(3)]), Accepted::Folded);
    watch.flush();
    assert!(matches!(viewing.next_frame(map.position()), Next::Frame(..)));
    assert!(matches!(viewing.next_frame(before), Next::Behind));
}

/// The map of a show without an order.
fn once(watch: &Watch, offset: i64) -> Bytes {
    let free = free(9, offset);
    RenderedMap::once(watch.show(), &watch.names().expect("names"), free.state.map()).body()
}

#[test]
fn a_map_written_in_pieces_is_the_map() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let _entered = runtime.enter();
    let watch = watch_of(700, 1_000_000);
    for offset in [1, 128, 129, 700] {
        while watch.offset() < Some(Offset(offset)) {
            let next = watch.offset().expect("a state").next();
            accept(&watch, &[blocked(next.0)]);
        }
        let rendered = watch.rendered().expect("a map");
        let mut unpacked = String::new();
        let gzip = rendered.gzip();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&gzip[..]), &mut unpacked)
            .expect("gzip");
        let map = watch
            .followed()
            .look(|state, _| state.map().clone())
            .expect("a state");
        let whole = render::map_json(
            watch.show(),
            &watch.names().expect("names"),
            &map,
            DateTime::UNIX_EPOCH,
        );
        let expected = whole.replace("\"at\":\"1970-01-01T00:00:00Z\",", "");
        assert_eq!(unpacked, expected, "after {offset}");
        assert_eq!(rendered.body(), expected);
        assert_eq!(rendered.offset(), Offset(offset));
        serde_json::from_str::<serde_json::Value>(&unpacked).expect("JSON");
    }
}

/// How long after an event its frame is there, when a frame has just gone out before.
async fn delay(watch: &Watch, offset: i64) -> Duration {
    let mut frames = watch.frames();
    let begin = tokio::time::Instant::now();
    accept(watch, &[blocked(offset)]);
    frames.changed().await.expect("a frame");
    begin.elapsed()
}

/// Takes what there is, and waits for more.
fn take(viewing: &mut Viewing, offset: i64) {
    let position = at(&viewing.watch().clone(), offset);
    assert!(matches!(
        viewing.next_frame(position.at(Offset(offset - 1))),
        Next::Frame(..)
    ));
    assert!(matches!(viewing.next_frame(position), Next::Wait));
}

#[tokio::test(start_paused = true)]
async fn a_tick_lasts_until_most_who_wait_have_its_frame() {
    let watch = ticking_watch(9, 1_000_000, Duration::from_millis(50));
    let mut viewers: Vec<Viewing> = (0..8).map(|_| watch.enter()).collect();
    for viewer in &mut viewers {
        assert!(matches!(viewer.next_frame(at(&watch, 0)), Next::Wait));
    }
    assert_eq!(delay(&watch, 1).await, Duration::ZERO, "nothing went out before");
    assert_eq!(delay(&watch, 2).await, TICK_MAX, "the node hands nothing over");

    // All but one have it: that is enough.
    let begun = at(&watch, 0);
    for viewer in &mut viewers[1..] {
        assert!(matches!(viewer.next_frame(begun), Next::Frame(..)));
    }
    let delay = delay(&watch, 3).await;
    assert!(delay <= TICK_MIN, "{delay:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_one_who_takes_nothing() {
    let watch = ticking_watch(9, 1_000_000, Duration::from_millis(50));
    let (mut first, mut second, mut silent) = (watch.enter(), watch.enter(), watch.enter());
    for viewer in [&mut first, &mut second, &mut silent] {
        assert!(matches!(viewer.next_frame(at(&watch, 0)), Next::Wait));
    }
    assert_eq!(delay(&watch, 1).await, Duration::ZERO);
    // Its connection has taken a frame, and is full.
    let position = at(&watch, 0);
    assert!(matches!(silent.next_frame(position), Next::Frame(..)));
    for offset in 1..8 {
        take(&mut first, offset);
        take(&mut second, offset);
        let delay = delay(&watch, offset + 1).await;
        assert!(delay <= TICK_MIN, "{delay:?}");
    }
}

#[tokio::test]
async fn a_large_snapshot_is_handed_over_in_pieces() {
    let watch = watch_of(1_400, 1_000_000);
    let silent = futures_util::stream::pending::<Result<Bytes, std::convert::Infallible>>();
    let map = watch.rendered().expect("a map");
    let whole = map.snapshot_frame();
    let viewer = crate::live::viewer::frames(watch.enter(), Start::Snapshot(map), SeatsForm::Named, silent);
    let mut viewer = std::pin::pin!(viewer);
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

/// What an event stream has sent by now.
fn sent(
    stream: &mut (impl futures_util::Stream<Item = Result<Bytes, std::convert::Infallible>> + Unpin),
) -> String {
    let mut text = Vec::new();
    while let Some(Some(Ok(piece))) = stream.next().now_or_never() {
        assert!(piece.len() <= 7_680, "{} bytes", piece.len());
        text.extend_from_slice(&piece);
    }
    String::from_utf8(text).expect("text")
}

#[tokio::test]
async fn an_event_stream_that_falls_behind_begins_anew() {
    let watch = watch(1);
    let start = Start::Frames(Vec::new(), at(&watch, 0));
    let stream = crate::live::event_stream::events(watch.enter(), start, SeatsForm::Named);
    let mut stream = std::pin::pin!(stream);
    let retry = sent(&mut stream);
    assert!(retry.starts_with("retry: ") && retry.ends_with("\n\n"), "{retry}");
    accept(&watch, &[blocked(1)]);
    watch.flush();
    let next = sent(&mut stream);
    assert!(
        next.starts_with("id: 1\nevent: events\ndata: {\"type\":\"events\","),
        "{next}"
    );
    for offset in 2..=3 {
        accept(&watch, &[blocked(offset)]);
        watch.flush();
    }
    let anew = sent(&mut stream);
    let (resync, snapshot) = anew.split_once("\n\n").expect("two events");
    assert_eq!(resync, "id: \nevent: resync\ndata: {\"type\":\"resync\"}");
    assert!(
        snapshot.starts_with("id: 3\nevent: snapshot\ndata: {\"type\":\"snapshot\","),
        "{snapshot}"
    );
    watch.close();
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_large_snapshot_is_one_event_of_several_pieces() {
    let watch = watch_of(1_400, 1_000_000);
    let map = watch.rendered().expect("a map");
    let text = render::text_of(&map.snapshot_frame());
    let start = Start::Snapshot(map);
    let stream = crate::live::event_stream::events(watch.enter(), start, SeatsForm::Named);
    let mut stream = std::pin::pin!(stream);
    let whole = sent(&mut stream);
    let event = whole.split_once("\n\n").expect("a retry and an event").1;
    let text = std::str::from_utf8(&text).expect("text");
    assert_eq!(event, format!("id: 0\nevent: snapshot\ndata: {text}\n\n"));
}

#[tokio::test]
async fn a_watch_ends_with_those_who_use_it_and_gives_its_memory_back() {
    let bytes = Arc::new(AtomicUsize::new(0));
    let first = watch_of(700, 1_000_000);
    let followed = Arc::new(Followed::new(first.show().clone(), bytes.clone()));
    followed.install(free(700, 0));
    let unwatched = bytes.load(Ordering::Relaxed);
    let settings = LiveSettings {
        tick: Duration::ZERO,
        viewers_max: 1,
        frames_bytes_max: 1_000_000,
    };
    let watch = Watch::start(
        followed.clone(),
        Arc::new(PlaceNames::of(followed.show())),
        Revision::FIRST,
        &settings,
    );
    assert!(followed.is_observed());
    assert_eq!(
        bytes.load(Ordering::Relaxed),
        unwatched + Watch::bytes_of(&watch.names().expect("names"))
    );
    tokio::task::yield_now().await;
    assert_eq!(
        Arc::strong_count(&watch),
        1,
        "the task that makes frames keeps it"
    );
    drop(watch);
    assert!(!followed.is_observed());
    assert_eq!(bytes.load(Ordering::Relaxed), unwatched);
}

#[tokio::test]
async fn terms_that_change_while_names_are_read_make_no_viewer_begin_anew() {
    let watch = watch(1_000_000);
    watch.followed().spoil();
    watch.followed().install(free(9, 2));
    let changed = |offset: i64, revision: i32| Event {
        kind: EventKind::Changed,
        places: Places::default(),
        change: Some(Box::new(TermsChange {
            revision: Revision(revision),
            capacities: Vec::new(),
            seats: SeatsMoved::default(),
        })),
        ..blocked(offset)
    };
    assert_eq!(accept(&watch, &[changed(3, 2)]), Accepted::Folded);
    assert_eq!(watch.lacks_names(), Some(Revision(2)));
    // Those of the revision before have been on their way. The places are the same.
    watch.name(Arc::new(PlaceNames::of(watch.show())), Revision(1));
    assert_eq!(watch.lacks_names(), None);
    let mut viewing = watch.enter();
    watch.flush();
    let position = at(&watch, 3);
    assert_eq!(accept(&watch, &[changed(4, 3)]), Accepted::Folded);
    watch.flush();
    assert!(matches!(viewing.next_frame(position), Next::Frame(..)));
}
