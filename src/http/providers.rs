//! Who takes payments of a show.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::{Sight, TheOffice, find_current_show};
use super::problem::Problem;
use super::show_prices::charged_amounts;
use crate::pay::provider::Provider;
use crate::pay::provider::gateway::Way;
use domain::money::Money;

/// How a buyer pays with a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKindBody {
    /// With one of `payment_methods`, which are cards of nobody.
    TestCard,
    /// With a card that the provider's own script asks for, which needs `publishable_key`; what it makes of the card is the
    /// payment's `payment_method`.
    Card,
    /// On a page of the provider's: the payment's `action_url`.
    Page,
}

/// A provider that takes payments of a show.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderBody {
    /// Its name: a payment's `provider`.
    pub name: String,
    /// How a buyer pays with it.
    pub kind: ProviderKindBody,
    /// Whether it answers. One that doesn't is left alone for a while: offer the others meanwhile.
    pub available: bool,
    /// The key for the provider's script. Not there if the office has none: then it can't be used on a page of the office's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub publishable_key: Option<String>,
    /// What there is to choose from as a payment's `payment_method`. Not there where the provider's script makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub payment_methods: Option<Vec<String>>,
}

/// Who takes payments of a show.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShowProvidersBody {
    /// Those who do, in the order in which they are to be offered.
    pub providers: Vec<ProviderBody>,
}

/// Who takes payments of a show.
///
/// In the order in which they are to be offered, with what a page needs to begin a payment. An order that costs
/// nothing is paid with any of them.
#[utoipa::path(tag = "shows", params(("show" = String, Path, description = "The show's id")), responses(
    (status = 200, description = "The providers", body = ShowProvidersBody),
))]
#[get("/v1/shows/{show}/providers")]
pub async fn list_providers(
    office: TheOffice,
    sight: Sight,
    show: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (show, _) = find_current_show(&office, &show, sight).await?;
    let currency = show.currency;
    let charged = charged_amounts(&show)
        .into_iter()
        .map(|amount| Money { amount, currency });
    let prices: Vec<Money> = charged.collect();
    let providers = office.payments.providers_for(&prices);
    Ok(HttpResponse::Ok().json(ShowProvidersBody {
        providers: providers.map(|provider| provider_body(provider)).collect(),
    }))
}

fn provider_body(provider: &Provider) -> ProviderBody {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let (kind, publishable_key, payment_methods) = match provider.gateway().way() {
        Way::TestCards(cards) => (ProviderKindBody::TestCard, None, Some(owned(cards))),
        Way::Card(key) => (ProviderKindBody::Card, key.map(str::to_owned), None),
        Way::Page(method) => (ProviderKindBody::Page, None, Some(owned(&[method]))),
    };
    ProviderBody {
        name: provider.name().to_owned(),
        kind,
        available: !provider.rests(),
        publishable_key,
        payment_methods,
    }
}
