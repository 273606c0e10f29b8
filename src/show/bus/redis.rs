//! The bus over Redis pub/sub: a channel a show.
//!
//! One task has the connection. It sends without waiting for the answer to what it sent before, and notices within two
//! seconds when Redis has gone silent. The set of wanted shows is kept apart from the messages: the task compares it
//! with the subscriptions, so that no lost message can lose a subscription.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, RedisError, Value};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::MissedTickBehavior;

use super::message::{Telling, decode, encode};
use super::seal::{Seal, Unread};
use super::tellers::Tellers;
use super::{Bus, News};
use crate::shares::{Spent, UnpaidPlaces};
use domain::event::Event;
use domain::id::ShowId;

/// Messages that may wait to be sent; further ones are lost, and their events come from the journal.
const OUTGOING_MAX: usize = 4_096;
/// Bytes of all messages that wait to be sent or to be answered.
const OUTGOING_BYTES_MAX: usize = 16 * 1_024 * 1_024;
/// Commands that Redis has not answered yet; no more are sent before it does.
const UNANSWERED_MAX: usize = 256;
/// News that may wait to be taken.
pub const NEWS_WAITING_MAX: usize = 4_096;
/// Shows subscribed in one command.
const SUBSCRIBED_AT_ONCE_MAX: usize = 500;
/// How often the connection is pinged: a silent subscriber would not notice that its connection is dead.
const PING_INTERVAL: Duration = Duration::from_millis(500);
/// How long an answer of Redis may take, and the making of a connection.
const RESPONSE_MAX: Duration = Duration::from_secs(1);
/// How long to wait before connecting again.
const RECONNECT_WAIT: Duration = Duration::from_millis(250);

/// A node's place on the bus.
pub struct RedisBus {
    outgoing: mpsc::Sender<Message>,
    outgoing_bytes: Arc<Semaphore>,
    wishes: Arc<Wishes>,
    channels: Channels,
    seal: Seal,
    /// Who tells of shares; another one after each start.
    node: u128,
    is_connected: Arc<AtomicBool>,
}

/// The names of the channels.
#[derive(Clone)]
struct Channels {
    /// What the name of a show's channel begins with.
    shows: String,
    shares: String,
}

impl Channels {
    fn of_show(&self, show: ShowId) -> String {
        format!("{}{show}", self.shows)
    }
}

/// A message to publish. Its bytes are counted for as long as the permit lives.
struct Message {
    channel: String,
    bytes: Vec<u8>,
    permit: OwnedSemaphorePermit,
}

/// The shows whose events are wanted.
#[derive(Default)]
struct Wishes {
    shows: Mutex<Wanted>,
    changed: Notify,
}

#[derive(Default)]
struct Wanted {
    all: HashSet<ShowId>,
    /// Shows that were added or removed since the last comparison with the subscriptions.
    changed: HashSet<ShowId>,
}

impl RedisBus {
    /// Joins the bus at `url` (`redis://`, or `rediss://` for TLS); connects in the background, and again whenever the
    /// connection is lost. `prefix` keeps offices that share one Redis apart; no message counts but those proved by the
    /// office's `key`. What other nodes have counted of shares, and which orders have ended there, goes into `unpaid`
    /// and its shares.
    pub fn join(
        url: &str,
        prefix: &str,
        key: &[u8; 32],
        unpaid: Arc<UnpaidPlaces>,
    ) -> Result<(Self, mpsc::Receiver<News>), RedisError> {
        let separator = if url.contains('?') { '&' } else { '?' };
        let client = Client::open(format!("{url}{separator}protocol=resp3"))?;
        let (outgoing, waiting) = mpsc::channel(OUTGOING_MAX);
        let (news, received) = mpsc::channel(NEWS_WAITING_MAX);
        let wishes = Arc::new(Wishes::default());
        let channels = Channels {
            shows: format!("{prefix}:show:"),
            shares: format!("{prefix}:shares"),
        };
        let (seal, node) = (Seal::new(key), uuid::Uuid::new_v4().as_u128());
        let is_connected = Arc::new(AtomicBool::new(false));
        let member = Member {
            client,
            channels: channels.clone(),
            seal: seal.clone(),
            node,
            is_connected: is_connected.clone(),
            unpaid,
            tellers: Mutex::default(),
            wishes: wishes.clone(),
            news,
        };
        tokio::spawn(member.run(waiting));
        let bus = Self {
            outgoing,
            outgoing_bytes: Arc::new(Semaphore::new(OUTGOING_BYTES_MAX)),
            wishes,
            channels,
            seal,
            node,
            is_connected,
        };
        Ok((bus, received))
    }

    fn send(&self, channel: String, text: &[u8]) {
        let bytes = self.seal.close(&channel, text);
        let permits = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let permit = self.outgoing_bytes.clone().try_acquire_many_owned(permits);
        let sent = permit.is_ok_and(|permit| {
            let message = Message {
                channel,
                bytes,
                permit,
            };
            self.outgoing.try_send(message).is_ok()
        });
        if !sent {
            count_dropped();
        }
    }
}

impl Bus for RedisBus {
    fn publish(&self, show: ShowId, events: &[Event]) {
        self.send(
            self.channels.of_show(show),
            &encode(events, |order| self.seal.veil(order)),
        );
    }

    fn subscribe(&self, show: ShowId) {
        let mut wanted = self.wishes.lock();
        wanted.all.insert(show);
        wanted.changed.insert(show);
        self.wishes.changed.notify_one();
    }

    fn unsubscribe(&self, show: ShowId) {
        let mut wanted = self.wishes.lock();
        wanted.all.remove(&show);
        wanted.changed.insert(show);
        self.wishes.changed.notify_one();
    }

    fn tell(&self, spent: &[Spent]) {
        let lines = spent.iter().map(|spent| (spent.kind, spent.hash, spent.count));
        let telling = Telling(self.node, micros(), lines.collect());
        if let Ok(text) = serde_json::to_vec(&telling) {
            self.send(self.channels.shares.clone(), &text);
        }
    }

    fn is_heard(&self) -> bool {
        self.is_connected.load(Ordering::Relaxed)
    }
}

impl Wishes {
    /// Marks every wanted show for comparison, as nothing is subscribed.
    fn begin_anew(&self) {
        let mut wanted = self.lock();
        wanted.changed = wanted.all.clone();
    }

    /// The next command that brings `subscribed` nearer to the wanted set.
    fn next_changes(&self, subscribed: &HashSet<ShowId>) -> Option<Changes> {
        let mut wanted = self.lock();
        let wanted = &mut *wanted;
        let all = &wanted.all;
        wanted
            .changed
            .retain(|show| all.contains(show) != subscribed.contains(show));
        let next: Vec<ShowId> = wanted
            .changed
            .iter()
            .take(SUBSCRIBED_AT_ONCE_MAX)
            .copied()
            .collect();
        for show in &next {
            wanted.changed.remove(show);
        }
        let (subscribe, unsubscribe) = next.into_iter().partition(|show| all.contains(show));
        let changes = Changes {
            subscribe,
            unsubscribe,
        };
        (!changes.subscribe.is_empty() || !changes.unsubscribe.is_empty()).then_some(changes)
    }

    fn lock(&self) -> MutexGuard<'_, Wanted> {
        self.shows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Changes {
    subscribe: Vec<ShowId>,
    unsubscribe: Vec<ShowId>,
}

type Answer = Pin<Box<dyn Future<Output = Result<(), RedisError>> + Send>>;

struct Member {
    client: Client,
    channels: Channels,
    seal: Seal,
    node: u128,
    is_connected: Arc<AtomicBool>,
    unpaid: Arc<UnpaidPlaces>,
    tellers: Mutex<Tellers>,
    wishes: Arc<Wishes>,
    news: mpsc::Sender<News>,
}

impl Member {
    /// Works until the bus is dropped.
    async fn run(self, mut outgoing: mpsc::Receiver<Message>) {
        let mut was_connected = true;
        loop {
            let lost = match self.connect(&mut outgoing).await {
                Ok(Some(connected)) => {
                    tracing::info!("redis connected");
                    was_connected = true;
                    self.note_connected(true);
                    let over = self.serve(connected, &mut outgoing).await;
                    self.note_connected(false);
                    over
                }
                Ok(None) => return,
                Err(error) => Err(error),
            };
            match lost {
                Ok(()) => return,
                Err(error) if std::mem::replace(&mut was_connected, false) => {
                    tracing::warn!(error = %error, "redis is away; viewers are served from the journal");
                }
                Err(_) => {}
            }
            let pause = tokio::time::sleep(RECONNECT_WAIT);
            if drop_meanwhile(&mut outgoing, pause).await.is_none() {
                return;
            }
        }
    }

    fn note_connected(&self, is_connected: bool) {
        self.is_connected.store(is_connected, Ordering::Relaxed);
        metrics::gauge!("boxoffice_bus_connected").set(f64::from(u8::from(is_connected)));
    }

    /// A new connection; `None` if the bus was dropped meanwhile.
    async fn connect(&self, outgoing: &mut mpsc::Receiver<Message>) -> Result<Option<Connected>, RedisError> {
        let (pushes, pushed) = mpsc::channel(NEWS_WAITING_MAX);
        let overflow = self.news.clone();
        let push = move |push: PushInfo| {
            if pushes.try_send(push).is_err() {
                let _full_too = overflow.try_send(News::MissedAll);
            }
            Ok::<(), std::convert::Infallible>(())
        };
        let config = AsyncConnectionConfig::new()
            .set_push_sender(push)
            .set_connection_timeout(Some(RESPONSE_MAX))
            .set_response_timeout(Some(RESPONSE_MAX));
        let connecting = async {
            let mut connection = self
                .client
                .get_multiplexed_async_connection_with_config(&config)
                .await?;
            connection.subscribe(&self.channels.shares).await?;
            Ok(connection)
        };
        // Greeting and password included.
        let connecting = tokio::time::timeout(RESPONSE_MAX, connecting);
        let Some(connected) = drop_meanwhile(outgoing, connecting).await else {
            return Ok(None);
        };
        let connection = connected.unwrap_or_else(|_elapsed| Err(lost("connecting took too long")))?;
        Ok(Some(Connected { connection, pushed }))
    }

    /// Passes messages both ways until the connection is lost, or the bus is dropped.
    async fn serve(
        &self,
        connected: Connected,
        outgoing: &mut mpsc::Receiver<Message>,
    ) -> Result<(), RedisError> {
        let Connected {
            connection,
            mut pushed,
        } = connected;
        let mut unanswered: FuturesUnordered<Answer> = FuturesUnordered::new();
        let mut subscribed = HashSet::new();
        // One at a time at most.
        let mut changing = FuturesUnordered::new();
        let mut ping = tokio::time::interval(PING_INTERVAL);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.wishes.begin_anew();
        self.wishes.changed.notify_one();
        loop {
            tokio::select! {
                message = outgoing.recv(), if unanswered.len() < UNANSWERED_MAX => match message {
                    Some(message) => send(Self::publish(connection.clone(), message), &unanswered)?,
                    None => return Ok(()),
                },
                Some(answered) = unanswered.next() => answered?,
                Some(push) = pushed.recv() => self.take(push)?,
                _ = ping.tick() => send(try_connection(connection.clone()), &unanswered)?,
                () = self.wishes.changed.notified(), if changing.is_empty() => {
                    let changes = self.wishes.next_changes(&subscribed);
                    changing.extend(changes.map(|changes| self.change(connection.clone(), changes)));
                }
                Some(changes) = changing.next() => {
                    let Changes { subscribe, unsubscribe } = changes?;
                    unsubscribe.iter().for_each(|show| { subscribed.remove(show); });
                    subscribed.extend(&subscribe);
                    // Events committed between loading the state and this moment are in the journal.
                    self.tell(News::MissedSome(subscribe));
                    // There may be more.
                    self.wishes.changed.notify_one();
                }
            }
        }
    }

    fn publish(mut connection: MultiplexedConnection, message: Message) -> Answer {
        Box::pin(async move {
            let mut publish = redis::cmd("PUBLISH");
            publish.arg(message.channel).arg(message.bytes);
            let answer = publish.exec_async(&mut connection).await;
            drop(message.permit);
            answer
        })
    }

    fn change(
        &self,
        mut connection: MultiplexedConnection,
        changes: Changes,
    ) -> impl Future<Output = Result<Changes, RedisError>> + Send + 'static {
        let channels = |shows: &[ShowId]| -> Vec<String> {
            shows.iter().map(|show| self.channels.of_show(*show)).collect()
        };
        let (subscribe, unsubscribe) = (channels(&changes.subscribe), channels(&changes.unsubscribe));
        async move {
            if !subscribe.is_empty() {
                connection.subscribe(subscribe).await?;
            }
            if !unsubscribe.is_empty() {
                connection.unsubscribe(unsubscribe).await?;
            }
            Ok(changes)
        }
    }

    fn take(&self, push: PushInfo) -> Result<(), RedisError> {
        match push.kind {
            PushKind::Message => {
                if let [Value::BulkString(channel), Value::BulkString(message)] = push.data.as_slice() {
                    self.read(channel, message);
                }
                Ok(())
            }
            PushKind::Disconnection => Err(lost("the connection was lost")),
            _ => Ok(()),
        }
    }

    fn read(&self, channel: &[u8], message: &[u8]) {
        let text = match self.seal.open(channel, message) {
            Ok(text) => text,
            // What it may have said is found when the heads are next compared.
            Err(Unread::Forged) => {
                metrics::counter!("boxoffice_bus_messages_forged_total").increment(1);
                return;
            }
            Err(Unread::OtherFormat) => &[],
        };
        metrics::counter!("boxoffice_bus_messages_received_total").increment(1);
        if channel == self.channels.shares.as_bytes() {
            self.hear(text);
        } else if let Some(show) = self.show_of(channel) {
            self.tell(match decode(text, |order| self.seal.veil(order)) {
                Some(events) => {
                    self.unpaid.note_events(&events);
                    News::Events(show, events)
                }
                // A node of another version.
                None => News::MissedSome(vec![show]),
            });
        }
    }

    fn hear(&self, text: &[u8]) {
        let Ok(telling) = serde_json::from_slice::<Telling>(text) else {
            return;
        };
        let mut tellers = self.tellers.lock().unwrap_or_else(PoisonError::into_inner);
        if telling.0 != self.node && tellers.take(&telling, micros()) {
            self.unpaid.shares().hear(&telling.spent());
        }
    }

    fn show_of(&self, channel: &[u8]) -> Option<ShowId> {
        let channel = str::from_utf8(channel).ok()?;
        channel.strip_prefix(&self.channels.shows)?.parse().ok()
    }

    fn tell(&self, news: News) {
        // If the queue is full, comparing the heads finds what was missed.
        if self.news.try_send(news).is_err() {
            metrics::counter!("boxoffice_bus_news_dropped_total").increment(1);
        }
    }
}

struct Connected {
    connection: MultiplexedConnection,
    pushed: mpsc::Receiver<PushInfo>,
}

/// Sends at once, so that commands go out in the order of these calls; the answer is waited for together with the others.
fn send(mut command: Answer, unanswered: &FuturesUnordered<Answer>) -> Result<(), RedisError> {
    match (&mut command).now_or_never() {
        Some(answered) => answered,
        None => {
            unanswered.push(command);
            Ok(())
        }
    }
}

fn try_connection(mut connection: MultiplexedConnection) -> Answer {
    Box::pin(async move { redis::cmd("PING").exec_async(&mut connection).await })
}

/// Waits for `wait`. Messages to publish are dropped meanwhile. `None` if the bus was dropped.
async fn drop_meanwhile<T>(
    outgoing: &mut mpsc::Receiver<Message>,
    wait: impl Future<Output = T>,
) -> Option<T> {
    let mut wait = std::pin::pin!(wait);
    loop {
        tokio::select! {
            done = &mut wait => return Some(done),
            message = outgoing.recv() => {
                drop(message?);
                count_dropped();
            }
        }
    }
}

fn lost(why: &'static str) -> RedisError {
    RedisError::from((redis::ErrorKind::Io, why))
}

/// Now, in microseconds since 1970.
fn micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

fn count_dropped() {
    metrics::counter!("boxoffice_bus_messages_dropped_total").increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bus(outgoing_max: usize) -> (RedisBus, mpsc::Receiver<Message>) {
        let (outgoing, waiting) = mpsc::channel(outgoing_max);
        let bus = RedisBus {
            outgoing,
            outgoing_bytes: Arc::new(Semaphore::new(OUTGOING_BYTES_MAX)),
            wishes: Arc::default(),
            channels: Channels {
                shows: "office:show:".to_owned(),
                shares: "office:shares".to_owned(),
            },
            seal: Seal::new(&[1; 32]),
            node: 1,
            is_connected: Arc::default(),
        };
        (bus, waiting)
    }

    /// Applies all missing subscriptions, as the member does.
    fn make_up(bus: &RedisBus, subscribed: &mut HashSet<ShowId>) {
        while let Some(changes) = bus.wishes.next_changes(subscribed) {
            assert!(changes.subscribe.len() + changes.unsubscribe.len() <= SUBSCRIBED_AT_ONCE_MAX);
            subscribed.extend(changes.subscribe);
            changes.unsubscribe.iter().for_each(|show| {
                subscribed.remove(show);
            });
        }
    }

    #[tokio::test]
    async fn a_subscription_is_not_lost_behind_messages_nor_with_a_connection() {
        let (bus, _waiting) = bus(1);
        let shows: HashSet<ShowId> = (1..2_000).map(ShowId).collect();
        for show in &shows {
            bus.publish(*show, &[]);
            bus.subscribe(*show);
        }
        let mut subscribed = HashSet::new();
        make_up(&bus, &mut subscribed);
        assert_eq!(subscribed, shows);

        // The connection is lost with all subscriptions, and the wanted set changes meanwhile.
        subscribed.clear();
        bus.unsubscribe(ShowId(1));
        bus.subscribe(ShowId(2_000));
        bus.wishes.begin_anew();
        make_up(&bus, &mut subscribed);
        assert!(!subscribed.contains(&ShowId(1)) && subscribed.contains(&ShowId(2_000)));
        assert_eq!(subscribed.len(), shows.len());
        bus.unsubscribe(ShowId(2_000));
        bus.subscribe(ShowId(2_000));
        assert!(
            bus.wishes.next_changes(&subscribed).is_none(),
            "nothing has changed"
        );
    }

    #[tokio::test]
    async fn what_waits_to_be_sent_is_bounded() {
        let (bus, mut waiting) = bus(2);
        for show in 1..=3 {
            bus.publish(ShowId(show), &[]);
        }
        assert_eq!(
            bus.outgoing_bytes.available_permits(),
            OUTGOING_BYTES_MAX - 2 * bus.seal.close("office:show:1", &encode(&[], |_| 0)).len()
        );
        drop(waiting.recv().await);
        bus.publish(ShowId(4), &[]);
        let channels =
            [waiting.recv().await, waiting.recv().await].map(|message| message.expect("a message").channel);
        assert_eq!(channels, ["office:show:2", "office:show:4"]);
        assert_eq!(bus.outgoing_bytes.available_permits(), OUTGOING_BYTES_MAX);
    }
}
