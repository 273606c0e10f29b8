//! Methods that every path has (RFC 9110), ids of requests, and parameters of addresses.

use reqwest::Method;
use serde_json::{Value, json};

use crate::access::wait_for;
use crate::office::{Client, TestOffice, operations, send};

#[tokio::test]
async fn head_tells_what_get_does() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let client = Client::new(office.nodes[0].url(), None);
    let check = async |path: &str, status: u16| {
        let get = client.request(Method::GET, path).send().await.expect("an answer");
        let head = client
            .request(Method::HEAD, path)
            .send()
            .await
            .expect("an answer");
        assert_eq!(
            (get.status(), head.status().as_u16()),
            (head.status(), status),
            "{path}"
        );
        let names = |answer: &reqwest::Response| {
            let mut names: Vec<_> = answer.headers().keys().map(ToString::to_string).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(names(&head), names(&get), "{path}");
        for name in ["content-type", "content-length", "etag"] {
            assert_eq!(head.headers().get(name), get.headers().get(name), "{path} {name}");
        }
        assert_eq!(head.bytes().await.expect("a body").len(), 0, "{path}");
    };
    check("/healthz", 200).await;
    check("/readyz", 200).await;
    check("/openapi.json", 200).await;
    check("/asyncapi.json", 200).await;
    check("/docs/", 200).await;
    check("/", 200).await;
    check("/shows/1024", 200).await;
    check("/v1/shows", 200).await;
    check(&format!("/v1/shows/{show}"), 200).await;
    check(&format!("/v1/shows/{show}/seat-map"), 200).await;
    check(&format!("/v1/shows/{show}/seat-map?at=1"), 200).await;
    check(&format!("/v1/shows/{show}/snapshots/latest"), 200).await;
    check("/v1/shows/1", 404).await;
    check("/v1/orders/HRVEN-UTABR", 401).await;
    let metrics = office.metrics(0).await;
    let counted = "boxoffice_requests_total{method=\"HEAD\",route=\"/v1/shows\",status=\"200\"} 1\n";
    assert!(metrics.contains(counted), "{metrics}");
}

#[tokio::test]
async fn every_path_tells_its_methods() {
    let office = TestOffice::start().await;
    let client = Client::new(office.nodes[0].url(), None);
    let allowed = async |method: Method, path: &str, status: u16| {
        let answer = client.request(method, path).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let allow = answer.headers().get("allow");
        allow.map(|allow| allow.to_str().expect("a text").to_owned())
    };
    for operation in operations() {
        let path = operation.path_of(&[]);
        let allow = allowed(Method::OPTIONS, &path, 204).await.expect("methods");
        let has: Vec<_> = allow.split(", ").collect();
        assert!(has.contains(&operation.method.as_str()), "{path} {allow}");
        assert!(has.contains(&"OPTIONS"), "{path} {allow}");
        assert_eq!(has.contains(&"GET"), has.contains(&"HEAD"), "{path} {allow}");
        assert_eq!(allowed(Method::TRACE, &path, 405).await, Some(allow), "{path}");
    }
    for path in [
        "/openapi.json",
        "/asyncapi.json",
        "/docs",
        "/docs/",
        "/",
        "/orders",
    ] {
        let read = Some("GET, HEAD, OPTIONS".to_owned());
        assert_eq!(allowed(Method::OPTIONS, path, 204).await, read);
        assert_eq!(allowed(Method::POST, path, 405).await, read);
    }
    for path in [
        "/nowhere",
        "/shows/",
        "/assets/",
        "/assets/nothing.js",
        "/v1/shows/",
        "/v1/shows//seat-map",
    ] {
        assert_eq!(allowed(Method::OPTIONS, path, 404).await, None);
        assert_eq!(allowed(Method::GET, path, 404).await, None);
    }
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let client = Client::new(office.nodes[0].url(), None);
    let check = async |path: &str, given: &str, taken: bool| {
        let request = client.request(Method::GET, path).header("X-Request-Id", given);
        let answer = request.send().await.expect("an answer");
        let told = answer.headers()["x-request-id"]
            .to_str()
            .expect("a text")
            .to_owned();
        assert_eq!(told == given, taken, "{path} {told}");
        assert!(!told.is_empty());
    };
    let map = format!("/v1/shows/{show}/seat-map");
    for path in [map.as_str(), "/v1/shows", "/nowhere", "/v1/audit", "/docs/"] {
        check(path, "a-buyer's", false).await;
        check(path, "shop.7-1", true).await;
        check(path, &"a".repeat(65), false).await;
    }
    let request = client
        .request(Method::POST, "/v1/shows")
        .header("X-Request-Id", "named-by-the-shop");
    send(request).await.expect("an answer");
    wait_for(&office, "\"request.id\":\"named-by-the-shop\"").await;
}

#[tokio::test]
async fn a_parameter_that_is_not_as_it_must_be_is_named() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let of_show = |rest: &str| format!("/v1/shows/{show}/{rest}");
    for (path, own) in [
        ("/v1/shows".to_owned(), "after"),
        (of_show("events"), "limit"),
        (of_show("holds"), "limit"),
        (of_show("seat-map"), "at"),
        (of_show("live"), "from"),
        (of_show("orders"), "limit"),
        ("/v1/keys".to_owned(), "limit"),
        ("/v1/audit".to_owned(), "after"),
        ("/v1/outbox".to_owned(), "limit"),
    ] {
        for (query, field) in [
            ("limti=3".to_owned(), "limti"),
            (format!("{own}=three"), own),
            (format!("{own}=1&{own}=1"), own),
            (format!("{own}=%ff"), own),
        ] {
            let answer = organiser.get(&format!("{path}?{query}")).await;
            let problem = answer.expect_problem(400, "bad_request");
            assert_eq!(problem["field"], Value::from(field), "{path}?{query}: {problem}");
        }
    }
}

#[tokio::test]
async fn an_address_without_end_is_refused() {
    let office = TestOffice::start().await;
    let long = format!("/v1/shows?after={}", "1".repeat(10_000));
    let client = Client::new(office.nodes[0].url(), None);
    client.get(&long).await.expect_problem(414, "uri_too_long");
}
