//! The bus over Redis pub/sub: a channel a show, binary messages with the offset first.

use std::collections::HashSet;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, RedisError, Value};
use tokio::sync::mpsc;

use super::{Bus, News};
use domain::event::Event;
use domain::id::ShowId;

/// Messages to Redis that may wait; further ones are lost, and healed from the journal.
const ORDERS_WAITING_MAX: usize = 4_096;
/// News for the live feed that may wait.
pub const NEWS_WAITING_MAX: usize = 4_096;
/// How often the connection is tried: a subscriber that says nothing would never notice that it is deaf.
const PING_INTERVAL: Duration = Duration::from_secs(1);
/// How long an answer of Redis may take.
const RESPONSE_MAX: Duration = Duration::from_secs(1);
/// How long to wait before connecting again.
const RECONNECT_WAIT: Duration = Duration::from_millis(250);

enum Order {
    Publish(ShowId, Vec<u8>),
    Subscribe(ShowId),
    Unsubscribe(ShowId),
}

/// A node's place on the bus.
pub struct RedisBus {
    orders: mpsc::Sender<Order>,
}

impl RedisBus {
    /// Joins the bus at `url`; connects in the background, and again whenever the connection is lost.
    /// `prefix` keeps offices that share one Redis apart.
    pub fn join(url: &str, prefix: &str) -> Result<(Self, mpsc::Receiver<News>), RedisError> {
        let separator = if url.contains('?') { '&' } else { '?' };
        let client = Client::open(format!("{url}{separator}protocol=resp3"))?;
        let (orders, waiting) = mpsc::channel(ORDERS_WAITING_MAX);
        let (news, received) = mpsc::channel(NEWS_WAITING_MAX);
        let member = Member {
            client,
            prefix: format!("{prefix}:show:"),
            shows: HashSet::new(),
            news,
        };
        tokio::spawn(member.run(waiting));
        Ok((Self { orders }, received))
    }

    fn order(&self, order: Order) {
        if self.orders.try_send(order).is_err() {
            metrics::counter!("boxoffice_bus_messages_dropped_total").increment(1);
        }
    }
}

impl Bus for RedisBus {
    fn publish(&self, show: ShowId, events: &[Event]) {
        self.order(Order::Publish(show, encode(events)));
    }

    fn subscribe(&self, show: ShowId) {
        self.order(Order::Subscribe(show));
    }

    fn unsubscribe(&self, show: ShowId) {
        self.order(Order::Unsubscribe(show));
    }
}

struct Member {
    client: Client,
    prefix: String,
    /// The shows that are wanted, subscribed again after each reconnect.
    shows: HashSet<ShowId>,
    news: mpsc::Sender<News>,
}

/// Why a connection is over.
enum Over {
    /// The node stops.
    Stopped,
    /// Redis is away.
    Lost(RedisError),
}

impl From<RedisError> for Over {
    fn from(error: RedisError) -> Self {
        Self::Lost(error)
    }
}

impl Member {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut connected_before = true;
        loop {
            match self.connected(&mut orders).await {
                Over::Stopped => return,
                Over::Lost(error) => {
                    if std::mem::replace(&mut connected_before, false) {
                        tracing::warn!(error = %error, "redis is away; viewers are served from the journal");
                    }
                }
            }
            // Subscriptions are remembered; what would have been published is lost.
            let reconnect = tokio::time::sleep(RECONNECT_WAIT);
            tokio::pin!(reconnect);
            loop {
                tokio::select! {
                    () = &mut reconnect => break,
                    order = orders.recv() => match order {
                        Some(order) => self.remember(&order),
                        None => return,
                    },
                }
            }
        }
    }

    fn remember(&mut self, order: &Order) {
        match order {
            Order::Subscribe(show) => {
                self.shows.insert(*show);
            }
            Order::Unsubscribe(show) => {
                self.shows.remove(show);
            }
            Order::Publish(..) => {}
        }
    }

    async fn connected(&mut self, orders: &mut mpsc::Receiver<Order>) -> Over {
        match self.serve(orders).await {
            Ok(()) => Over::Stopped,
            Err(error) => Over::Lost(error),
        }
    }

    async fn serve(&mut self, orders: &mut mpsc::Receiver<Order>) -> Result<(), RedisError> {
        let (pushes, mut pushed) = mpsc::channel(NEWS_WAITING_MAX);
        let overflow = self.news.clone();
        let push = move |push: PushInfo| {
            if pushes.try_send(push).is_err() {
                let _full_too = overflow.try_send(News::Lost);
            }
            Ok::<(), std::convert::Infallible>(())
        };
        let config = AsyncConnectionConfig::new()
            .set_push_sender(push)
            .set_connection_timeout(Some(RESPONSE_MAX))
            .set_response_timeout(Some(RESPONSE_MAX));
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        for show in &self.shows {
            connection.subscribe(format!("{}{show}", self.prefix)).await?;
        }
        // Whatever was published while nobody listened is in the journal.
        self.tell(News::Lost);
        tracing::info!("redis connected");
        let mut ping = tokio::time::interval(PING_INTERVAL);
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => {
                        self.remember(&order);
                        self.carry_out(&mut connection, order).await?;
                    }
                    None => return Ok(()),
                },
                Some(push) = pushed.recv() => self.take(push)?,
                _ = ping.tick() => redis::cmd("PING").exec_async(&mut connection).await?,
            }
        }
    }

    async fn carry_out(
        &self,
        connection: &mut MultiplexedConnection,
        order: Order,
    ) -> Result<(), RedisError> {
        match order {
            Order::Publish(show, message) => {
                let mut publish = redis::cmd("PUBLISH");
                publish
                    .arg(format!("{}{show}", self.prefix))
                    .arg(message)
                    .exec_async(connection)
                    .await
            }
            Order::Subscribe(show) => {
                connection.subscribe(format!("{}{show}", self.prefix)).await?;
                // What was committed between the node's read of the state and this moment is in the journal.
                self.tell(News::Lost);
                Ok(())
            }
            Order::Unsubscribe(show) => connection.unsubscribe(format!("{}{show}", self.prefix)).await,
        }
    }

    fn take(&self, push: PushInfo) -> Result<(), RedisError> {
        match push.kind {
            PushKind::Message => {
                if let [Value::BulkString(channel), Value::BulkString(message)] = push.data.as_slice()
                    && let Some(news) = self.decode(channel, message)
                {
                    self.tell(news);
                }
                Ok(())
            }
            PushKind::Disconnection => Err(RedisError::from((
                redis::ErrorKind::Io,
                "the connection was lost",
            ))),
            _ => Ok(()),
        }
    }

    fn tell(&self, news: News) {
        // When the live feed can't keep up, the heads tell it what it missed.
        if self.news.try_send(news).is_err() {
            metrics::counter!("boxoffice_bus_news_dropped_total").increment(1);
        }
    }

    fn decode(&self, channel: &[u8], message: &[u8]) -> Option<News> {
        let show = str::from_utf8(channel)
            .ok()?
            .strip_prefix(&self.prefix)?
            .parse()
            .ok()?;
        let (_first_offset, events) = message.split_at_checked(8)?;
        match serde_json::from_slice(events) {
            Ok(events) => Some(News::Events(show, events)),
            Err(error) => {
                tracing::warn!(error = %error, "a message on the bus can't be read");
                Some(News::Lost)
            }
        }
    }
}

/// Eight bytes of the first offset, big-endian, then the events.
fn encode(events: &[Event]) -> Vec<u8> {
    let first = events.first().map_or(0, |event| event.offset.0);
    let mut message = first.to_be_bytes().to_vec();
    if serde_json::to_writer(&mut message, events).is_err() {
        message.truncate(8);
    }
    message
}
