//! Who was answered what: a count of every request by route and status, and a line in the log for those that came to nothing.
//! Strangers make as many of these lines as they like, so that only a few a second are written.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use metrics::Counter;

use super::client::Client;
use super::problem::Problem;
use super::request_id::RequestId;
use super::settings::AccessLog;

/// Lines in a second at most; of the others only their number is said.
const LINES_PER_SECOND_MAX: u64 = 20;
/// What is counted for a path that is nobody's.
const NO_ROUTE: &str = "none";

/// What is known of a request before it is answered.
pub struct Asked {
    /// Its id.
    pub id: RequestId,
    /// Its method; routes take a HEAD for a GET.
    pub method: Method,
    /// When its head was there.
    pub begin: Instant,
    /// Which requests get a line.
    pub log: AccessLog,
}

/// Counts an answer, and writes its line.
pub fn note_answer<B>(request: &HttpRequest, response: &HttpResponse<B>, asked: &Asked) {
    let status = response.status();
    let route = request.match_pattern();
    let route = route.as_deref().unwrap_or(NO_ROUTE);
    count(&asked.method, route, status);
    let log = asked.log;
    if log == AccessLog::Off || log == AccessLog::Refused && !is_refused(status) || !LINES.take() {
        return;
    }
    let code = response
        .error()
        .and_then(|error| error.as_error::<Problem>())
        .map(Problem::code_name);
    write_line(request, route, status, code, asked);
}

/// Counts an answer of which only its status is known: the request did not come as far as a route.
pub fn note_failure(status: StatusCode) {
    metrics::counter!(
        "boxoffice_requests_total", "method" => "none", "route" => NO_ROUTE, "status" => status.as_u16().to_string()
    )
    .increment(1);
}

/// Counts a map that was answered from memory.
pub fn note_map(status: StatusCode) {
    static MAPS: LazyLock<Maps> = LazyLock::new(Maps::new);
    match status {
        StatusCode::NOT_MODIFIED => MAPS.unchanged.increment(1),
        _ => MAPS.whole.increment(1),
    }
}

/// Counters that are found once, as most requests add to them.
struct Maps {
    whole: Counter,
    unchanged: Counter,
}

impl Maps {
    fn new() -> Self {
        let of = |status: &'static str| {
            metrics::counter!(
                "boxoffice_requests_total", "method" => "GET", "route" => "/v1/shows/{show}/seat-map", "status" => status
            )
        };
        Self {
            whole: of("200"),
            unchanged: of("304"),
        }
    }
}

fn count(method: &Method, route: &str, status: StatusCode) {
    // Anybody may make a method up.
    let method = match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    COUNTERS.with_borrow_mut(|counters| {
        let of_route = counters.get(route).map(Vec::as_slice).unwrap_or_default();
        if let Some((_, _, counter)) = of_route
            .iter()
            .find(|(of, with, _)| (*of, *with) == (method, status))
        {
            counter.increment(1);
            return;
        }
        let counter = metrics::counter!(
            "boxoffice_requests_total",
            "method" => method, "route" => route.to_owned(), "status" => status.as_u16().to_string()
        );
        counter.increment(1);
        counters
            .entry(route.to_owned())
            .or_default()
            .push((method, status, counter));
    });
}

type CountersOfRoutes = HashMap<String, Vec<(&'static str, StatusCode, Counter)>>;

thread_local! {
    /// The counters that this thread has found before, as to find one takes longer than to answer some requests. They are few: methods,
    /// routes and statuses are the office's.
    static COUNTERS: RefCell<CountersOfRoutes> = RefCell::default();
}

/// Not what is only not there, or has been there before.
fn is_refused(status: StatusCode) -> bool {
    status.is_server_error() || status.is_client_error() && status != StatusCode::NOT_FOUND
}

/// The path stays out of it: a ticket's code stands in there.
fn write_line(
    request: &HttpRequest,
    route: &str,
    status: StatusCode,
    code: Option<&'static str>,
    asked: &Asked,
) {
    let left_out = LINES.left_out();
    let address = Client::of(request).address;
    tracing::info!(
        request.id = asked.id.name(),
        http.method = %asked.method,
        http.route = route,
        http.status = status.as_u16(),
        problem.code = code,
        client.address = %address,
        request.seconds = asked.begin.elapsed().as_secs_f64(),
        lines.left_out = (left_out > 0).then_some(left_out),
        "answered"
    );
}

static LINES: Lines = Lines {
    second: Mutex::new(None),
    taken: AtomicU64::new(0),
    left_out: AtomicU64::new(0),
};

/// How many lines were written in this second.
struct Lines {
    second: Mutex<Option<Instant>>,
    taken: AtomicU64,
    left_out: AtomicU64,
}

impl Lines {
    fn take(&self) -> bool {
        if self.taken.fetch_add(1, Ordering::Relaxed) < LINES_PER_SECOND_MAX {
            return true;
        }
        // Whoever finds the second over begins the next one.
        if let Ok(mut second) = self.second.try_lock()
            && second.is_none_or(|second| second.elapsed() >= Duration::from_secs(1))
        {
            *second = Some(Instant::now());
            self.taken.store(1, Ordering::Relaxed);
            return true;
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        false
    }

    /// How many were left out since this was last asked.
    fn left_out(&self) -> u64 {
        self.left_out.swap(0, Ordering::Relaxed)
    }
}
