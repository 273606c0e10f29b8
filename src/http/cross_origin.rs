//! Cross-origin requests (the Fetch standard's CORS protocol): pages of the origins that the operator names may read every
//! answer, errors too. No cookie counts here, so that no answer allows credentials.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue, ORIGIN, VARY,
};
use actix_web::{HttpRequest, HttpResponseBuilder};

use super::extract::TheOffice;
use super::origins::is_named;

/// What pages may read of an answer besides what any page may.
const EXPOSED: &str = "Age, Allow, Date, ETag, Location, RateLimit, RateLimit-Policy, Retry-After, Stale, WWW-Authenticate, \
    X-Request-Id";
/// What pages may send besides what any page may.
const SENT: &str = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Line-Place, X-Request-Id";
/// How long a browser remembers what it may send, in seconds: as long as any browser does.
const PREFLIGHT_SECONDS: &str = "7200";

/// What an answer says to pages of other origins.
pub struct CrossOrigin {
    /// Answers differ by origin: caches are told so by each.
    varies: bool,
    /// The origin that asks, if its pages may.
    origin: Option<HeaderValue>,
}

impl CrossOrigin {
    /// To those of the origin that a request names.
    pub fn of(request: &ServiceRequest) -> Self {
        let Some(office) = request.app_data::<TheOffice>() else {
            return Self {
                varies: false,
                origin: None,
            };
        };
        let config = &office.config;
        let varies = !config.allowed_origins.is_empty() || !config.own_origins.is_empty();
        let origin = request.headers().get(ORIGIN).filter(|origin| {
            let origin = origin.to_str().ok();
            varies && origin.is_some_and(|origin| is_named(office, origin))
        });
        Self {
            varies,
            origin: origin.cloned(),
        }
    }

    /// Says it.
    pub fn tell(self, headers: &mut HeaderMap) {
        if self.varies {
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = self.origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}

/// Answers a browser that asks before it sends a page's request: what this path takes.
pub fn answer_preflight(request: &HttpRequest, methods: &str, response: &mut HttpResponseBuilder) {
    let headers = request.headers();
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let office = request.app_data::<TheOffice>();
    let may = office
        .zip(origin)
        .is_some_and(|(office, origin)| is_named(office, origin));
    if may && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        response
            .insert_header((ACCESS_CONTROL_ALLOW_METHODS, methods))
            .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, SENT))
            .insert_header((ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS));
    }
}
