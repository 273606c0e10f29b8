//! The whole surface on one page. The OpenAPI document is made from this list.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::server::Server;
use utoipa::openapi::{OpenApi, SecurityRequirement};
use utoipa::{Modify, OpenApi as _};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    blocks, cancellation, journal, live, orders, outbox, payments, plans, returns, seat_map, sessions, shows,
    status, tickets, webhooks,
};

/// Every route, once.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        // What a sale asks for most comes first: a path is compared with one route after the other.
        .service(orders::create_order)
        .service(seat_map::get_seat_map)
        .service(payments::pay_order)
        .service(tickets::list_tickets)
        .service(orders::get_order)
        .service(orders::abort_order)
        .service(sessions::create_session)
        .service(live::watch_show)
        .service(tickets::check_in_ticket)
        .service(returns::refund_order)
        .service(webhooks::take_notice)
        .service(journal::list_events)
        .service(seat_map::get_snapshot)
        .service(shows::create_show)
        .service(shows::list_shows)
        .service(shows::get_show)
        .service(shows::update_show)
        .service(blocks::block_seats)
        .service(blocks::unblock_seats)
        .service(cancellation::cancel_show)
        .service(cancellation::get_cancellation)
        .service(outbox::list_dead_tasks)
        .service(outbox::retry_dead_task)
        .service(plans::create_plan)
        .service(plans::get_plan)
        .service(status::get_health)
        .service(status::get_readiness)
        .service(status::get_metrics);
}

/// The OpenAPI document.
pub fn document() -> OpenApi {
    use utoipa_actix_web::AppExt;
    let app = actix_web::App::new()
        .into_utoipa_app()
        .openapi(Base::openapi())
        .configure(routes);
    app.split_for_parts().1
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "boxoffice",
        description = "An ACID ticket office: hold seats, pay, get tickets, watch it live.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    modifiers(&Security)
)]
struct Base;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "A buyer's token from POST /v1/sessions, or an organiser's key",
            ))
            .build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("token", SecurityScheme::Http(scheme));
        document.security = Some(vec![SecurityRequirement::new("token", [] as [&str; 0])]);
        document.servers = Some(vec![Server::new("/")]);
    }
}
