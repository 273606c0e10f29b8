//! The buyers' pages: files in the program, as `web/build.mjs` has built them. Every page is the same file, which finds out by
//! its address what to show; whatever else there is has an address of its own.

mod files;
mod policy;

use std::sync::Arc;

use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HOST, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};

use files::File;
use policy::Policy;

/// Where the page is.
const PAGES: [&str; 4] = ["/", "/orders", "/shows/{show}", "/shows/{show}/orders/{order}"];
/// Names the sites whose pages may load an answer, whatever their own policies are.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The pages of an office.
pub struct Pages {
    page: Arc<File>,
    files: Vec<Arc<File>>,
    policy: Arc<Policy>,
}

impl Pages {
    /// Those that pages of these origins may show in frames of theirs, and that take cards by Stripe or don't.
    pub fn new(embedding_origins: &[String], has_stripe: bool) -> Self {
        Self {
            page: Arc::new(files::page()),
            files: files::others().map(Arc::new).collect(),
            policy: Arc::new(Policy::new(embedding_origins, has_stripe)),
        }
    }

    /// The path of each.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let files = self.files.iter().map(|file| file.path());
        PAGES.into_iter().chain(files)
    }

    /// Adds a route for each.
    pub fn add(&self, config: &mut web::ServiceConfig) {
        for path in PAGES {
            let (page, policy) = (self.page.clone(), self.policy.clone());
            let answer = move |request: HttpRequest| {
                let answer = answer_page(&request, &page, &policy);
                async move { answer }
            };
            config.route(path, web::get().to(answer));
        }
        for file in &self.files {
            let path = file.path().to_owned();
            let file = file.clone();
            let answer = move |request: HttpRequest| {
                let answer = answer_file(&request, &file);
                async move { answer }
            };
            config.route(&path, web::get().to(answer));
        }
    }
}

fn answer_page(request: &HttpRequest, page: &File, policy: &Policy) -> HttpResponse {
    let mut answer = page.answer(request.headers());
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    policy.tell(answer.headers_mut(), host);
    answer
}

fn answer_file(request: &HttpRequest, file: &File) -> HttpResponse {
    let mut answer = file.answer(request.headers());
    if file.is_for_all_origins() {
        let headers = answer.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    }
    answer
}
