//! Requests that no route takes: what their path has instead (RFC 9110, 9.3.7 and 15.5.6). And HEAD, which every GET has.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, UPGRADE};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse};
use utoipa::openapi::OpenApi;

use super::cross_origin::answer_preflight;
use super::problem::Problem;

/// What a page or a document has.
const READ: [&str; 3] = ["GET", "HEAD", "OPTIONS"];
/// What the office as a whole has: `OPTIONS *` asks for that.
const ALL: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Every path and its methods.
pub struct Paths(Vec<(Vec<String>, Vec<&'static str>)>);

impl Paths {
    /// Those of the document, of the documents themselves and of these pages.
    pub fn of<'a>(document: &'a OpenApi, pages: impl Iterator<Item = &'a str>) -> Self {
        let of_document = document.paths.paths.iter().map(|(path, item)| {
            let has = [
                ("GET", item.get.is_some()),
                ("HEAD", item.get.is_some()),
                ("POST", item.post.is_some()),
                ("PUT", item.put.is_some()),
                ("PATCH", item.patch.is_some()),
                ("DELETE", item.delete.is_some()),
                ("OPTIONS", true),
            ];
            let methods = has.into_iter().filter_map(|(method, has)| has.then_some(method));
            (path.as_str(), methods.collect())
        });
        let documents = ["/openapi.json", "/asyncapi.json", "/docs"];
        let pages = documents
            .into_iter()
            .chain(pages)
            .map(|path| (path, READ.to_vec()));
        let all = of_document.chain(pages);
        Self(
            all.map(|(path, methods)| (path.split('/').map(str::to_owned).collect(), methods))
                .collect(),
        )
    }

    /// The methods of a path; none if there is no such path.
    fn methods(&self, path: &str) -> Vec<&'static str> {
        if path.starts_with("/docs/") {
            return READ.to_vec();
        }
        let asked: Vec<&str> = path.split('/').collect();
        let fits = |segments: &[String]| {
            let each = |(segment, asked): (&String, &&str)| {
                segment == asked || segment.starts_with('{') && !asked.is_empty()
            };
            segments.len() == asked.len() && segments.iter().zip(&asked).all(each)
        };
        let fitting = self.0.iter().filter(|(path, _)| fits(path));
        let has: Vec<_> = fitting.flat_map(|(_, methods)| methods).collect();
        ALL.into_iter().filter(|method| has.contains(&method)).collect()
    }

    /// The answer to a request that no route takes.
    pub fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        let asks = request.method() == Method::OPTIONS;
        let methods = match request.path() {
            "*" if asks => ALL.to_vec(),
            path => self.methods(path),
        };
        if methods.is_empty() {
            return Err(Problem::not_found("path"));
        }
        if !asks {
            return Err(Problem::method_not_allowed(&methods));
        }
        let methods = methods.join(", ");
        let mut response = HttpResponse::NoContent();
        response.insert_header((ALLOW, methods.as_str()));
        answer_preflight(request, &methods, &mut response);
        Ok(response.finish())
    }
}

/// Lets the routes take a HEAD for a GET. The library leaves out the body of its answer, and still says its length; and
/// nobody makes another protocol of a connection by HEAD.
pub async fn head_as_get<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
        request.headers_mut().remove(UPGRADE);
    }
    next.call(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::routes::described;

    #[track_caller]
    fn check(path: &str, methods: &str) {
        assert_eq!(
            Paths::of(&described(), ["/", "/shows/{show}"].into_iter())
                .methods(path)
                .join(", "),
            methods,
            "{path}"
        );
    }

    #[test]
    fn a_path_has_its_methods_and_those_of_all() {
        check("/v1/shows", "GET, HEAD, POST, OPTIONS");
        check("/v1/shows/1024", "GET, HEAD, PATCH, OPTIONS");
        check("/v1/sessions", "POST, OPTIONS");
        check("/healthz", "GET, HEAD, OPTIONS");
        check("/openapi.json", "GET, HEAD, OPTIONS");
        check("/asyncapi.json", "GET, HEAD, OPTIONS");
        check("/docs/", "GET, HEAD, OPTIONS");
        check("/", "GET, HEAD, OPTIONS");
        check("/shows/1024", "GET, HEAD, OPTIONS");
    }

    #[test]
    fn an_id_is_never_empty() {
        check("/v1/shows/", "");
        check("/v1/shows//seat-map", "");
        check("/v1/shows/1024/", "");
        check("/v2", "");
        check("/shows", "");
        check("/shows/", "");
        check("", "");
    }
}
