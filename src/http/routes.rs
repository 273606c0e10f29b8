//! The whole surface on one page. The OpenAPI document is made from this list.

use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::words::DeclineCodeBody;
use super::frames::{EventsFrame, LineFrame, ResyncFrame, SnapshotFrame};
use super::problem::ProblemBody;
use super::{
    audit, blocks, box_office, cancellation, check_in_lists, check_ins, codes, door, door_bundle, drop,
    exchange, exports, holds, inbox, journal, keys, line, live, mail_templates, mails, order_details, orders,
    organisers, outbox, own_orders, payments, plans, providers, returns, sales, seat_map, selections, series,
    sessions, show_changes, show_orders, shows, status, ticket_keys, tickets, transfer, waitlist, waitlists,
    webhook_deliveries, webhook_endpoints, webhooks,
};

/// Every route, once, by who uses it. A request tries one path after the other in this order, so that what a sale is made of comes
/// first; and the path that most requests take, a map in memory, is answered before any route is looked up.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        // Buyers: a session, its orders and their tickets.
        .service(orders::create_order)
        .service(payments::pay_order)
        .service(tickets::list_tickets)
        .service(payments::get_payment)
        .service(sessions::create_session)
        .service(own_orders::list_orders)
        .service(orders::get_order)
        .service(orders::abort_order)
        .service(drop::drop_places)
        .service(order_details::update_order)
        .service(order_details::erase_buyer)
        // Anyone: shows and how they sell.
        .service(shows::list_shows)
        .service(shows::get_show)
        .service(plans::get_plan)
        .service(seat_map::get_seat_map)
        .service(seat_map::get_snapshot)
        .service(holds::list_holds)
        .service(journal::list_events)
        .service(live::watch_show)
        .service(providers::list_providers)
        .service(ticket_keys::list_ticket_keys)
        // Buyers: the line before a sale, and in it.
        .service(line::join_line)
        .service(line::get_line_place)
        .service(line::get_line)
        // Buyers: places that they show to others.
        .service(selections::create_selection)
        .service(selections::list_selections)
        .service(selections::get_selection)
        .service(selections::delete_selection)
        // Buyers: places that are not free yet.
        .service(waitlist::join_waitlist)
        .service(waitlist::get_entry)
        .service(waitlist::change_entry)
        .service(waitlist::leave_waitlist)
        // Buyers: what their session should know.
        .service(inbox::read_inbox)
        .service(inbox::acknowledge_notices)
        // Buyers where the show allows it, and organisers.
        .service(returns::refund_order)
        .service(exchange::exchange_order)
        .service(transfer::transfer_ticket)
        // Organisers: plans, shows and blocked seats.
        .service(plans::create_plan)
        .service(shows::create_show)
        .service(series::create_series)
        .service(show_changes::update_show)
        .service(show_changes::list_show_revisions)
        .service(box_office::create_box_office_order)
        .service(show_orders::list_show_orders)
        .service(waitlists::list_waitlist)
        .service(waitlists::offer_entry)
        .service(sales::get_sales)
        .service(exports::export_orders)
        .service(exports::export_tickets)
        .service(blocks::list_blocks)
        .service(blocks::block_seats)
        .service(blocks::release_blocks)
        .service(blocks::unblock_seats)
        .service(codes::create_codes)
        .service(codes::list_codes)
        .service(codes::get_code)
        .service(codes::update_code)
        .service(codes::delete_code)
        .service(cancellation::cancel_show)
        .service(cancellation::get_cancellation)
        // Organisers: whom each gate admits, and what was scanned there.
        .service(check_in_lists::create_check_in_list)
        .service(check_in_lists::list_check_in_lists)
        .service(check_in_lists::get_check_in_list)
        .service(check_in_lists::update_check_in_list)
        .service(check_in_lists::delete_check_in_list)
        .service(check_ins::list_check_ins)
        // Organisers: their keys, and what was asked for with them.
        .service(keys::create_key)
        .service(keys::list_keys)
        .service(keys::revoke_key)
        .service(keys::rotate_key)
        .service(audit::list_audit)
        // Organisers: where their programs are told of what happens.
        .service(webhook_endpoints::create_webhook_endpoint)
        .service(webhook_endpoints::list_webhook_endpoints)
        .service(webhook_endpoints::get_webhook_endpoint)
        .service(webhook_endpoints::update_webhook_endpoint)
        .service(webhook_endpoints::delete_webhook_endpoint)
        .service(webhook_endpoints::rotate_webhook_secret)
        .service(webhook_deliveries::list_webhook_deliveries)
        .service(webhook_deliveries::replay_webhooks)
        .service(webhook_deliveries::test_webhook_endpoint)
        // Organisers: mail to their buyers.
        .service(mail_templates::get_mail_template)
        .service(mail_templates::put_mail_template)
        .service(mail_templates::delete_mail_template)
        .service(mail_templates::preview_mail)
        .service(mail_templates::get_mail_sender)
        .service(mail_templates::put_mail_sender)
        .service(mails::list_mails)
        // The operator: organisers. Each sees itself.
        .service(organisers::create_organiser)
        .service(organisers::list_organisers)
        .service(organisers::get_organiser)
        .service(organisers::update_organiser)
        // The door.
        .service(tickets::check_in_ticket)
        .service(check_ins::check_in_tickets)
        .service(check_ins::undo_check_in)
        .service(door::get_door)
        .service(door_bundle::get_door_bundle)
        // Payment providers.
        .service(webhooks::take_notice)
        // Operators.
        .service(outbox::list_dead_tasks)
        .service(outbox::retry_dead_task)
        .service(status::get_health)
        .service(status::get_readiness)
        .service(status::get_metrics);
}

/// What the handlers say of themselves. The document is made from it, in [`super::document`].
pub fn described() -> OpenApi {
    use utoipa_actix_web::AppExt;
    let app = actix_web::App::new()
        .into_utoipa_app()
        .openapi(Base::openapi())
        .configure(routes);
    app.split_for_parts().1
}

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(
    ProblemBody,
    DeclineCodeBody,
    SnapshotFrame,
    EventsFrame,
    ResyncFrame,
    LineFrame
)))]
struct Base;
