//! The surface at a glance: who may call each operation, and how it may fail besides the ways that it shares with others.

use crate::http::problem::Code;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody, without a token.
    Anyone,
    /// A buyer's session.
    Buyer,
    /// An organiser's key, of any role that may do it.
    Organiser,
    /// A buyer for what is its own, and an organiser.
    Either,
    /// Whoever is on the machine itself, and an organiser.
    Local,
}

/// An operation's line.
pub struct Line {
    /// Its id.
    pub id: &'static str,
    /// Who may call it.
    pub who: Who,
    /// How it may fail.
    pub codes: &'static [Code],
}

/// The line of an operation.
pub fn line_of(id: &str) -> Option<&'static Line> {
    SURFACE.iter().find(|line| line.id == id)
}

macro_rules! surface {
    ($($id:ident: $who:ident $(, $code:ident)*;)*) => {
        const SURFACE: &[Line] = &[$(Line {
            id: stringify!($id),
            who: Who::$who,
            codes: &[$(Code::$code),*],
        }),*];
    };
}

surface! {
    // Anyone: shows and how they sell.
    list_shows: Anyone;
    get_show: Anyone;
    get_plan: Anyone;
    get_seat_map: Anyone;
    get_snapshot: Anyone;
    list_holds: Anyone;
    list_events: Anyone, Forgotten;
    watch_show: Anyone, Forbidden, TooManyViewers;
    list_providers: Anyone;
    list_ticket_keys: Anyone;

    // Buyers.
    create_session: Anyone, Invalid, Forbidden;
    create_order: Buyer, WaitInLine, Invalid, OrderLimit, TicketTypeNotSold, TicketTypeLimit, TicketTypeOnlyWith, CodeUnknown, CodeUsedUp, CodeNotValidYet,
        CodeEnded, CodeNotForThese, SeatsTaken, NotTogether, LoneSeat, TableWhole, Waitlisted, SessionLimit, EmailRequired, EmailLimit, NotOnSale,
        SaleEnded, ShowClosed, OutcomeUnknown;
    list_orders: Buyer;
    get_order: Either;
    update_order: Either, Invalid, EmailRequired, EmailLimit, OrderExpired, OrderCanceled, OrderPaid, OrderRefunded, OutcomeUnknown;
    erase_buyer: Either, EmailRequired, OrderPaid, OutcomeUnknown;
    abort_order: Either, OrderExpired, OrderPaid, OrderRefunded, OutcomeUnknown;
    drop_places: Either, Invalid, LoneSeat, TableWhole, TicketTypeLimit, TicketTypeOnlyWith, PaymentInProgress, OrderExpired, OrderCanceled, OrderPaid, OrderRefunded,
        OutcomeUnknown;
    pay_order: Buyer, Invalid, TicketsNotLive, AlreadyCheckedIn, PaymentDeclined, PaymentInProgress, PaymentGivenUp, OrderExpired, OrderCanceled, OrderPaid,
        OrderRefunded, ProviderUnavailable, OutcomeUnknown;
    get_payment: Either;
    list_tickets: Either, OrderNotPaid, OrderExpired, OrderCanceled, OrderRefunded;
    transfer_ticket: Either, Invalid, TicketTransferred, TransferredTooOften, TicketsNotLive, AlreadyCheckedIn, ShowOver, ShowCanceled, OrderNotPaid,
        OrderExpired, OrderCanceled, OrderRefunded, OutcomeUnknown;
    refund_order: Either, Invalid, TableWhole, TicketTransferred, OrderNotPaid, OrderExpired, OrderCanceled, OrderRefunded, TicketsNotLive, ReturnsOver,
        AlreadyCheckedIn, PaymentInProgress, OutcomeUnknown;
    exchange_order: Either, WaitInLine, Invalid, OrderNotPaid, OrderExpired, OrderCanceled, OrderRefunded, OrderLimit, TicketTypeNotSold, TicketTypeLimit,
        TicketTypeOnlyWith, CodeUnknown, CodeUsedUp, CodeNotValidYet, CodeEnded, CodeNotForThese, SeatsTaken, NotTogether, LoneSeat, TableWhole, Waitlisted, SessionLimit, EmailRequired, EmailLimit, NotOnSale,
        SaleEnded, ShowClosed, ShowCanceled, TicketsNotLive, TicketTransferred, ReturnsOver, AlreadyCheckedIn, PaymentInProgress, ExchangedTooOften,
        ExchangeNotPayable, OutcomeUnknown;

    // Buyers: their turn to choose. Anyone: how far the line is.
    join_line: Buyer, Invalid, NoLine, LineNotOpen, SaleEnded, ShowCanceled, ProofRefused, ProofUnavailable;
    get_line_place: Buyer, NoLine;
    get_line: Anyone, NoLine;

    // Buyers: places that are not free yet. Organisers: who waits.
    join_waitlist: Buyer, Invalid, NoWaitlist, AlreadyWaiting, PlacesFree, NoSuchPlaces, WaitlistFull, OrderLimit, SessionLimit, EmailRequired,
        EmailLimit, NotOnSale, SaleEnded, ShowClosed, OutcomeUnknown;
    get_entry: Either;
    change_entry: Buyer, Invalid, EntryEnded, NoWaitlist, NoSuchPlaces, WaitlistFull, OrderLimit, SessionLimit, NotOnSale, SaleEnded, ShowClosed,
        OutcomeUnknown;
    leave_waitlist: Either, EntryEnded, OutcomeUnknown;
    list_waitlist: Organiser;
    offer_entry: Organiser, EntryEnded, NothingFits, NoWaitlist, OrderLimit, SessionLimit, TicketTypeNotSold, TicketTypeLimit, TicketTypeOnlyWith, NotOnSale,
        SaleEnded, ShowClosed, OutcomeUnknown;

    // Anyone with its id: a selection. Buyers: their own.
    get_selection: Anyone, Forgotten;
    create_selection: Buyer, Invalid, TooManySelections, OutcomeUnknown;
    list_selections: Buyer;
    delete_selection: Buyer, OutcomeUnknown;

    // Buyers: what their session should know.
    read_inbox: Buyer, Forbidden, TooManyViewers;
    acknowledge_notices: Buyer, Invalid, OutcomeUnknown;

    // Organisers: plans, shows and blocked seats.
    create_plan: Organiser, Invalid, PlanInvalid, OutcomeUnknown;
    create_show: Organiser, Invalid, OutcomeUnknown;
    create_series: Organiser, Invalid, OutcomeUnknown;
    update_show: Organiser, Invalid, RevisionConflict, PreconditionRequired, PlacesInUse, CurrencyFixed, ShowCanceled, OutcomeUnknown;
    list_show_revisions: Organiser;
    create_box_office_order: Organiser, Invalid, OrderLimit, TicketTypeNotSold, TicketTypeLimit, TicketTypeOnlyWith, CodeUnknown, CodeUsedUp,
        CodeNotValidYet, CodeEnded, CodeNotForThese, SeatsTaken, NotTogether, LoneSeat, TableWhole, ShowClosed, ShowCanceled, OrderExpired, OrderPaid,
        OutcomeUnknown;
    list_show_orders: Organiser;
    get_sales: Organiser, Forgotten;
    export_orders: Organiser;
    export_tickets: Organiser;
    list_blocks: Organiser;
    block_seats: Organiser, Invalid, SeatsNotFree, LoneSeat, OutcomeUnknown;
    release_blocks: Organiser, Invalid, SeatsNotBlocked, OutcomeUnknown;
    unblock_seats: Organiser, Invalid, SeatsNotBlocked, OutcomeUnknown;
    create_codes: Organiser, Invalid, CodeTaken, TooManyCodes, OutcomeUnknown;
    list_codes: Organiser;
    get_code: Organiser;
    update_code: Organiser, Invalid, OutcomeUnknown;
    delete_code: Organiser, OutcomeUnknown;
    cancel_show: Organiser, OutcomeUnknown;
    get_cancellation: Organiser;

    // Organisers: whom each gate admits, and what was scanned there.
    create_check_in_list: Organiser, Invalid, TooManyLists, OutcomeUnknown;
    list_check_in_lists: Organiser;
    get_check_in_list: Organiser;
    update_check_in_list: Organiser, Invalid, OutcomeUnknown;
    delete_check_in_list: Organiser, OutcomeUnknown;
    list_check_ins: Organiser;

    // Organisers: their keys, and what was asked for with them.
    create_key: Organiser, Invalid, TooManyKeys, OutcomeUnknown;
    list_keys: Organiser;
    revoke_key: Organiser, LastKey, OutcomeUnknown;
    rotate_key: Organiser, Invalid, KeyEnded, KeyFromSettings, TooManyKeys, OutcomeUnknown;
    list_audit: Organiser;

    // Organisers: where their programs are told of what happens.
    create_webhook_endpoint: Organiser, Invalid, TooManyEndpoints, OutcomeUnknown;
    list_webhook_endpoints: Organiser;
    get_webhook_endpoint: Organiser;
    update_webhook_endpoint: Organiser, Invalid, OutcomeUnknown;
    delete_webhook_endpoint: Organiser, OutcomeUnknown;
    rotate_webhook_secret: Organiser, OutcomeUnknown;
    list_webhook_deliveries: Organiser;
    replay_webhooks: Organiser, Invalid, Forgotten, OutcomeUnknown;
    test_webhook_endpoint: Organiser, Forgotten, OutcomeUnknown;

    // Organisers: mail to their buyers.
    get_mail_template: Organiser;
    put_mail_template: Organiser, Invalid, OutcomeUnknown;
    delete_mail_template: Organiser, OutcomeUnknown;
    preview_mail: Organiser, Invalid;
    get_mail_sender: Organiser;
    put_mail_sender: Organiser, Invalid, OutcomeUnknown;
    list_mails: Organiser;

    // The operator: organisers. Each sees itself.
    create_organiser: Organiser, Invalid, TooManyOrganisers, OutcomeUnknown;
    list_organisers: Organiser;
    get_organiser: Organiser;
    update_organiser: Organiser, Invalid, OutcomeUnknown;

    // The door.
    check_in_ticket: Organiser, Invalid, AlreadyCheckedIn, TicketTransferred, WrongShow, ShowCanceled, ShowOver, OrderNotPaid, OrderExpired,
        OrderCanceled, OrderRefunded, PaymentDisputed, OutcomeUnknown;
    check_in_tickets: Organiser, Invalid, OutcomeUnknown;
    undo_check_in: Organiser, OutcomeUnknown;
    get_door: Organiser;
    get_door_bundle: Organiser, Forgotten;

    // Payment providers.
    take_notice: Anyone, NoticeInvalid;

    // Operators.
    list_dead_tasks: Organiser;
    retry_dead_task: Organiser, OutcomeUnknown;
    get_health: Anyone;
    get_readiness: Anyone;
    get_metrics: Local;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::document::document;

    #[test]
    fn every_operation_has_one_line() {
        let mut document = document().expect("a document");
        let mut ids: Vec<_> = document.operations().map(|operation| operation.id).collect();
        let mut lines: Vec<_> = SURFACE.iter().map(|line| line.id).collect();
        ids.sort_unstable();
        lines.sort_unstable();
        assert_eq!(lines, ids);
    }
}
