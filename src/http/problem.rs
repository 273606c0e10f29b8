//! Every error that a client can see, as `application/problem+json` (RFC 9457).

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ContentType, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::bodies::place::{SeatPlaceBody, seat_names, seat_places};
use crate::live::WatchError;
use crate::shares::UsedUp;
use crate::store::error::{StoreError, WriteOnceError};
use crate::turnstile::PassError;
use domain::plan::SeatIndex;
use domain::show::Show;

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal, $status:ident, $title:literal;)*) => {
        /// What went wrong, in a word that never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $code),* }

        impl Code {
            /// Every code.
            pub const ALL: &[Code] = &[$(Code::$code),*];

            /// The word.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$code => $name),* }
            }

            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Code::$code => StatusCode::$status),* }
            }

            /// What it means, for people.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$code => $title),* }
            }
        }
    };
}

codes! {
    /// The request can't be understood.
    BadRequest = "bad_request", BAD_REQUEST, "The request can't be understood";
    /// The request is understood and makes no sense.
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "A field of the request is not as it must be";
    /// Neither a session's token nor an organiser's key.
    Unauthorized = "unauthorized", UNAUTHORIZED, "A valid token is needed";
    /// A token that may not do this.
    Forbidden = "forbidden", FORBIDDEN, "This token may not do that";
    /// Nothing of that name, or not for this session.
    NotFound = "not_found", NOT_FOUND, "There is no such thing";
    /// It was there, and has been kept for as long as such things are.
    Forgotten = "forgotten", GONE, "It is not kept any more";
    /// The address is longer than any that makes sense.
    UriTooLong = "uri_too_long", URI_TOO_LONG, "The address of the request is too long";
    /// A known path, another method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The path has no such method";
    /// The body is too large.
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, "The request is too large";
    /// The body is no JSON.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body must be application/json";
    /// The request did not arrive in time.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request took too long";
    /// A plan has a fault.
    PlanInvalid = "plan_invalid", UNPROCESSABLE_ENTITY, "The seating plan has a fault";
    /// Some places are not free.
    SeatsTaken = "seats_taken", CONFLICT, "Some of the places are not free";
    /// No row has so many free seats side by side.
    NotTogether = "not_together", CONFLICT, "There are not so many free seats side by side";
    /// A free seat would have no free neighbour any more, and the show minds.
    LoneSeat = "lone_seat", CONFLICT, "A single seat would be left over";
    /// Some seats of a table that is sold with all of them.
    TableWhole = "table_whole", CONFLICT, "The table is sold with all of its seats";
    /// Places that are kept for those who wait.
    Waitlisted = "waitlisted", CONFLICT, "Some of the places are for those on the waitlist";
    /// The show has no waitlist.
    NoWaitlist = "no_waitlist", CONFLICT, "The show has no waitlist";
    /// The session waits already.
    AlreadyWaiting = "already_waiting", CONFLICT, "The session is on the waitlist already";
    /// The waitlist takes nobody any more.
    WaitlistFull = "waitlist_full", CONFLICT, "The waitlist is full";
    /// Places that need no waiting.
    PlacesFree = "places_free", CONFLICT, "The places are free: book them";
    /// The show will never have such places.
    NoSuchPlaces = "no_such_places", UNPROCESSABLE_ENTITY, "The show has not so many places of this kind";
    /// The entry waits no longer.
    EntryEnded = "entry_ended", CONFLICT, "The entry waits no longer";
    /// No free places are what the entry wants.
    NothingFits = "nothing_fits", CONFLICT, "No free places are what the entry wants";
    /// Others are before it.
    WaitInLine = "wait_in_line", FORBIDDEN, "The show has a line, and it is not your turn";
    /// The show has no line.
    NoLine = "no_line", NOT_FOUND, "The show has no line";
    /// Nobody can draw yet.
    LineNotOpen = "line_not_open", CONFLICT, "The line takes nobody yet";
    /// The organiser's program does not accept the proof.
    ProofRefused = "proof_refused", FORBIDDEN, "The proof is not accepted";
    /// The organiser's program does not answer.
    ProofUnavailable = "proof_unavailable", SERVICE_UNAVAILABLE, "Nobody can check the proof for the moment";
    /// The organiser closed the show.
    ShowClosed = "show_closed", CONFLICT, "The show is closed";
    /// The sale has not begun.
    NotOnSale = "not_on_sale", CONFLICT, "The show is not on sale yet";
    /// The sale is over.
    SaleEnded = "sale_ended", CONFLICT, "The sale has ended";
    /// Too many places for one order.
    OrderLimit = "order_limit", UNPROCESSABLE_ENTITY, "The order has too many places";
    /// The show has no such ticket type, or not for these places.
    TicketTypeNotSold = "ticket_type_not_sold", UNPROCESSABLE_ENTITY, "The places are not sold as this ticket type";
    /// Too few or too many tickets of one type.
    TicketTypeLimit = "ticket_type_limit", UNPROCESSABLE_ENTITY, "The order has too few or too many tickets of this type";
    /// Tickets of a type that is sold beside others alone.
    TicketTypeOnlyWith = "ticket_type_only_with", UNPROCESSABLE_ENTITY, "Tickets of this type are sold only with others";
    /// The show has no such code.
    CodeUnknown = "code_unknown", UNPROCESSABLE_ENTITY, "There is no such code";
    /// As many orders have the code as may.
    CodeUsedUp = "code_used_up", CONFLICT, "The code has been used as often as it may be";
    /// The code's time has not come.
    CodeNotValidYet = "code_not_valid_yet", CONFLICT, "The code is not valid yet";
    /// The code's time is over.
    CodeEnded = "code_ended", CONFLICT, "The code is not valid any more";
    /// The code takes nothing off.
    CodeNotForThese = "code_not_for_these", UNPROCESSABLE_ENTITY, "The code is not for these places";
    /// Codes that are there already.
    CodeTaken = "code_taken", CONFLICT, "The show has or had some of these codes";
    /// As many codes as may be.
    TooManyCodes = "too_many_codes", CONFLICT, "The show has too many codes";
    /// Too many places for one session.
    SessionLimit = "session_limit", CONFLICT, "The session has too many places on this show";
    /// A buyer without an address.
    EmailRequired = "email_required", UNPROCESSABLE_ENTITY, "This show sells only to buyers who leave an e-mail address";
    /// Too many places for one address.
    EmailLimit = "email_limit", UNPROCESSABLE_ENTITY, "The e-mail address has too many places on this show";
    /// Somebody else has the ticket.
    TicketTransferred = "ticket_transferred", CONFLICT, "The ticket was transferred to somebody else";
    /// No code is left for the ticket.
    TransferredTooOften = "transferred_too_often", CONFLICT, "The ticket was transferred as often as may be";
    /// The hold has lapsed.
    OrderExpired = "order_expired", CONFLICT, "The order has expired";
    /// The order was canceled.
    OrderCanceled = "order_canceled", CONFLICT, "The order was canceled";
    /// The order is paid.
    OrderPaid = "order_paid", CONFLICT, "The order is paid";
    /// The order is not paid.
    OrderNotPaid = "order_not_paid", CONFLICT, "The order is not paid";
    /// The order was given back.
    OrderRefunded = "order_refunded", CONFLICT, "The order was refunded";
    /// Another payment of the order is under way.
    PaymentInProgress = "payment_in_progress", CONFLICT, "Another payment of the order is under way";
    /// The payment was given up: for another one of its order, or because the order had ended.
    PaymentGivenUp = "payment_given_up", CONFLICT, "The payment was given up before any money was set aside";
    /// The payment provider doesn't answer, and no other takes this means of payment.
    ProviderUnavailable = "provider_unavailable", SERVICE_UNAVAILABLE, "The payment provider does not answer; nothing was changed";
    /// The provider refused.
    PaymentDeclined = "payment_declined", PAYMENT_REQUIRED, "The payment was declined";
    /// Tickets that aren't the order's, or were given back before.
    TicketsNotLive = "tickets_not_live", CONFLICT, "Some of the tickets are not the order's any more";
    /// The money of an order that was exchanged is of so many payments.
    ExchangedTooOften = "exchanged_too_often", CONFLICT, "The order was exchanged too often";
    /// Nobody could pay the difference.
    ExchangeNotPayable = "exchange_not_payable", CONFLICT, "The places cost more than the tickets, which were not paid online";
    /// Buyers can't return tickets any more.
    ReturnsOver = "returns_over", CONFLICT, "Tickets can't be returned any more";
    /// Other terms are in force than those that were to be changed.
    RevisionConflict = "revision_conflict", PRECONDITION_FAILED, "The show's terms have changed meanwhile";
    /// Nobody may change terms that they have not seen.
    PreconditionRequired = "precondition_required", PRECONDITION_REQUIRED, "If-Match must name the revision that is to be changed";
    /// More places of a zone are taken than it is to have.
    PlacesInUse = "places_in_use", CONFLICT, "Places that are held, sold or blocked can't go";
    /// Somebody may have ordered in the currency that was to be changed.
    CurrencyFixed = "currency_fixed", CONFLICT, "The currency of a published show stays";
    /// A canceled show never sells again.
    ShowCanceled = "show_canceled", CONFLICT, "The show is canceled";
    /// The notice of a provider can't be proved.
    NoticeInvalid = "notice_invalid", BAD_REQUEST, "The notice is not signed as it must be";
    /// Places to be blocked are not free.
    SeatsNotFree = "seats_not_free", CONFLICT, "Some of the places are not free";
    /// Places to be unblocked are not blocked.
    SeatsNotBlocked = "seats_not_blocked", CONFLICT, "Some of the places are not blocked";
    /// The buyer's bank has the money.
    PaymentDisputed = "payment_disputed", CONFLICT, "The buyer's bank has called the payment back";
    /// The ticket was used before.
    AlreadyCheckedIn = "already_checked_in", CONFLICT, "The ticket has been checked in";
    /// The ticket is for a show that has taken place.
    ShowOver = "show_over", CONFLICT, "The show is over";
    /// The ticket is for another show than the door.
    WrongShow = "wrong_show", CONFLICT, "The ticket is for another show";
    /// The last owner's key of an organiser.
    LastKey = "last_key", CONFLICT, "No other key of the organiser may do everything: make another one first";
    /// As many keys as may be.
    TooManyKeys = "too_many_keys", CONFLICT, "There are too many keys: revoke some first";
    /// Another endpoint of webhooks would be one too many.
    TooManyEndpoints = "too_many_endpoints", CONFLICT, "There are too many endpoints: delete some first";
    /// The key is not in force any more.
    KeyEnded = "key_ended", CONFLICT, "The key has ended or was revoked";
    /// The key is one that nodes are started with.
    KeyFromSettings = "key_from_settings", CONFLICT, "The key stands in the settings of the nodes: replace it there";
    /// As many organisers as may be.
    TooManyOrganisers = "too_many_organisers", CONFLICT, "There are too many organisers";
    /// As many check-in lists as may be.
    TooManyLists = "too_many_lists", CONFLICT, "The show has too many check-in lists: delete some first";
    /// As many selections as a session may have.
    TooManySelections = "too_many_selections", CONFLICT, "The session has too many selections: delete some first";
    /// The key came with another request.
    KeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The idempotency key was used for another request";
    /// More than this client's share.
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "This share is used up for the moment";
    /// Come back later.
    Busy = "busy", SERVICE_UNAVAILABLE, "The office is busy; nothing was changed";
    /// The database is away.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The office is out of order for a moment; nothing was changed";
    /// It may have happened.
    OutcomeUnknown = "outcome_unknown", SERVICE_UNAVAILABLE, "The outcome is unknown; ask again with the same idempotency key";
    /// As many viewers as may be.
    TooManyViewers = "too_many_viewers", SERVICE_UNAVAILABLE, "There are too many viewers";
    /// A defect.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something is wrong with the office";
}

/// An error's body.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// A URI that names the kind of problem; never changes.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it means, for people.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: i32,
    /// This occurrence, for people.
    pub detail: String,
    /// The kind of problem in a word; never changes.
    pub code: String,
    /// The part of the request that is at fault, as a JSON pointer or a parameter's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The seats that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<Vec<String>>,
    /// Where these seats are, in the same order; not if the show has no such seats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub places: Option<Vec<SeatPlaceBody<'static>>>,
    /// All that is at fault, up to a hundred faults, where more than one can be told at a time. The first of them is `field` and
    /// `detail` too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub errors: Option<Vec<FaultBody>>,
    /// Anything else that a program may want to know.
    #[serde(flatten)]
    #[schema(ignore)]
    pub more: Map<String, Value>,
}

/// One of several faults of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FaultBody {
    /// The part of the request's body that is at fault, as a JSON pointer.
    pub pointer: String,
    /// What is wrong with it, for people.
    pub detail: String,
}

/// An error on its way to the client.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    detail: String,
    field: Option<String>,
    lists: Option<Box<Lists>>,
    more: Map<String, Value>,
    extra: Option<Box<Extra>>,
}

/// What it is about, if that is several things.
#[derive(Debug, Clone, Default)]
struct Lists {
    seats: Option<Vec<String>>,
    places: Option<Vec<SeatPlaceBody<'static>>>,
    errors: Option<Vec<FaultBody>>,
}

/// What its headers say besides.
#[derive(Debug)]
enum Extra {
    /// A share that is used up.
    UsedUp(UsedUp),
    /// The methods that the path has.
    Allow(String),
}

/// Seconds after which a client may come back.
const RETRY_AFTER_SECONDS: &str = "1";

impl Problem {
    /// A problem of this kind.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            detail: code.title().to_owned(),
            field: None,
            lists: None,
            more: Map::new(),
            extra: None,
        }
    }

    /// A field that is not as it must be.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Code::Invalid).field(field).detail(detail)
    }

    /// A parameter or a header that is not as it must be.
    pub fn bad_parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::new(Code::BadRequest).field(name).detail(detail)
    }

    /// There is no such thing, or it isn't this client's.
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound).detail(format!("there is no such {what}"))
    }

    /// Its code in a word.
    pub const fn code_name(&self) -> &'static str {
        self.code.name()
    }

    /// The path has no such method, but these.
    pub fn method_not_allowed(methods: &[&str]) -> Self {
        let methods = methods.join(", ");
        Self {
            extra: Some(Box::new(Extra::Allow(methods.clone()))),
            ..Self::new(Code::MethodNotAllowed).detail(format!("this path has {methods}"))
        }
    }

    /// Says more about this occurrence.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Names the part of the request that is at fault.
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same problem of a part of the request that stands in this place.
    pub fn below(mut self, pointer: &str) -> Self {
        self.field = self.field.map(|field| format!("{pointer}{field}"));
        self
    }

    /// Names the seats that it is about.
    pub fn seats(mut self, seats: Vec<String>) -> Self {
        self.lists.get_or_insert_default().seats = Some(seats);
        self
    }

    /// Names the seats of a show that it is about, and says where they are.
    pub fn seats_of(mut self, show: &Show, seats: &[SeatIndex]) -> Self {
        let lists = self.lists.get_or_insert_default();
        lists.seats = Some(seat_names(show, seats));
        let places = seat_places(show, seats).into_iter();
        lists.places = Some(places.map(SeatPlaceBody::into_owned).collect());
        self
    }

    /// Names all parts of the request that are at fault, and the first as the one.
    pub fn faults(self, faults: Vec<FaultBody>) -> Self {
        let mut problem = match faults.first() {
            Some(first) => self.field(first.pointer.clone()).detail(first.detail.clone()),
            None => self,
        };
        problem.lists.get_or_insert_default().errors = Some(faults);
        problem
    }

    /// The faults that it names, if those are several.
    pub fn all_faults(&self) -> &[FaultBody] {
        let faults = self.lists.as_ref().and_then(|lists| lists.errors.as_deref());
        faults.unwrap_or_default()
    }

    /// Adds a member for programs.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header(ContentType(
            "application/problem+json".parse().unwrap_or(mime_json()),
        ));
        if matches!(
            self.status_code(),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
        ) {
            response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
        }
        match self.extra.as_deref() {
            Some(Extra::UsedUp(share)) => mark_used_up(&mut response, share),
            Some(Extra::Allow(methods)) => {
                response.insert_header((ALLOW, methods.as_str()));
            }
            None => {}
        }
        if self.code == Code::Unauthorized {
            response.insert_header((actix_web::http::header::WWW_AUTHENTICATE, "Bearer"));
        }
        let lists = self.lists.as_deref().cloned().unwrap_or_default();
        response.json(ProblemBody {
            kind: format!("urn:boxoffice:problem:{}", self.code.name()),
            title: self.code.title().to_owned(),
            status: i32::from(self.status_code().as_u16()),
            detail: self.detail.clone(),
            code: self.code.name().to_owned(),
            field: self.field.clone(),
            seats: lists.seats,
            places: lists.places,
            errors: lists.errors,
            more: self.more.clone(),
        })
    }
}

/// How much there is usually, and when there will be enough again (draft-ietf-httpapi-ratelimit-headers-10).
fn mark_used_up(response: &mut HttpResponseBuilder, share: &UsedUp) {
    let (name, seconds) = (share.kind.name(), seconds(share.after));
    let (burst, window) = (share.quota.burst, share.quota.window_seconds());
    response
        .insert_header((RETRY_AFTER, seconds))
        .insert_header(("RateLimit-Policy", format!("\"{name}\";q={burst};w={window}")))
        .insert_header(("RateLimit", format!("\"{name}\";r=0;t={seconds}")));
}

/// Whole seconds, rounded up.
fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

fn mime_json() -> actix_web::mime::Mime {
    actix_web::mime::APPLICATION_JSON
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::new(match error {
            StoreError::Unavailable => Code::Unavailable,
            StoreError::Busy => Code::Busy,
            StoreError::Internal => Code::Internal,
        })
    }
}

impl From<WriteOnceError> for Problem {
    fn from(error: WriteOnceError) -> Self {
        match error {
            WriteOnceError::KeyReused => Self::new(Code::KeyReused),
            WriteOnceError::OutcomeUnknown => Self::new(Code::OutcomeUnknown),
            WriteOnceError::Store(error) => error.into(),
        }
    }
}

impl From<UsedUp> for Problem {
    fn from(share: UsedUp) -> Self {
        let problem = Self::new(Code::TooManyRequests)
            .detail(format!(
                "“{}” are used up: come back in {} s",
                share.kind.name(),
                seconds(share.after)
            ))
            .with("share", share.kind.name());
        Self {
            extra: Some(Box::new(Extra::UsedUp(share))),
            ..problem
        }
    }
}

impl From<PassError> for Problem {
    fn from(error: PassError) -> Self {
        Self::new(match error {
            PassError::QueueFull | PassError::TimedOut => Code::Busy,
            PassError::Unavailable => Code::Unavailable,
            PassError::OutcomeUnknown => Code::OutcomeUnknown,
            PassError::NoSuchShow => return Self::not_found("show"),
            PassError::KeyReused => Code::KeyReused,
            PassError::Internal => Code::Internal,
        })
    }
}

impl From<WatchError> for Problem {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::TooMany => Self::new(Code::Busy).detail("too many shows are watched"),
            WatchError::Store(error) => error.into(),
        }
    }
}
