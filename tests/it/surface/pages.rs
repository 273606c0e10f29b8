//! The buyers' pages: where they are, for how long they are kept, and what they may do in a browser.

use std::path::Path;

use reqwest::Method;
use reqwest::header::HeaderMap;

use crate::office::{Client, TestOffice};

/// Every built file but the page, by its path.
fn built() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(&root)
                    .expect("below it")
                    .to_str()
                    .expect("a name");
                files.push(format!("/{name}"));
            }
        }
    }
    files.retain(|file| file != "/index.html");
    files
}

async fn get(client: &Client, path: &str) -> (HeaderMap, String) {
    let answer = client.request(Method::GET, path).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    let headers = answer.headers().clone();
    (headers, answer.text().await.expect("a text"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers[name].to_str().expect("a text")
}

#[tokio::test]
async fn the_page_is_at_each_of_its_addresses_and_may_do_little() {
    let office = TestOffice::start().await;
    let client = Client::new(office.nodes[0].url(), None);
    for path in ["/", "/orders", "/shows/1024", "/shows/1024/orders/HRVEN-UTABR"] {
        let (headers, page) = get(&client, path).await;
        assert!(
            page.contains("<!doctype html>") || page.contains("<!DOCTYPE html>"),
            "{path}"
        );
        assert_eq!(text(&headers, "content-type"), "text/html; charset=utf-8");
        assert_eq!(text(&headers, "cache-control"), "no-cache");
        assert_eq!(text(&headers, "x-content-type-options"), "nosniff");
        assert_eq!(text(&headers, "x-frame-options"), "DENY");
        assert_eq!(text(&headers, "referrer-policy"), "same-origin");
        assert_eq!(text(&headers, "cross-origin-opener-policy"), "same-origin");
        assert!(text(&headers, "permissions-policy").contains("camera=()"));
        let policy = text(&headers, "content-security-policy");
        let socket = format!("connect-src 'self' ws://{}", office.nodes[0].address());
        for part in [
            "default-src 'none'; ",
            "script-src 'self'; ",
            "frame-ancestors 'none'; ",
            &socket,
        ] {
            assert!(policy.contains(part), "{part} is not in {policy}");
        }
    }
    for path in [
        "/shows",
        "/index.html",
        "/orders/HRVEN-UTABR",
        "/shows/1024/orders",
    ] {
        client.get(path).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn built_files_are_kept_as_long_as_they_are_the_same() {
    let office = TestOffice::start().await;
    let client = Client::new(office.nodes[0].url(), None);
    let files = built();
    assert!(files.iter().any(|file| file.starts_with("/assets/")), "{files:?}");
    for file in files {
        let (headers, _) = get(&client, &file).await;
        let is_script = file.ends_with(".js");
        assert_eq!(
            text(&headers, "content-type").starts_with("text/javascript"),
            is_script
        );
        assert_eq!(text(&headers, "x-content-type-options"), "nosniff");
        let kept = text(&headers, "cache-control");
        let is_for_all = if file.starts_with("/assets/") {
            assert_eq!(kept, "public, max-age=31536000, immutable", "{file}");
            true
        } else {
            assert!(!kept.contains("immutable"), "{file}");
            file.starts_with("/embed/")
        };
        let origin = headers.get("access-control-allow-origin");
        assert_eq!(origin.is_some_and(|origin| origin == "*"), is_for_all, "{file}");
        let policy = headers.get("cross-origin-resource-policy");
        assert_eq!(
            policy.is_some_and(|policy| policy == "cross-origin"),
            is_for_all,
            "{file}"
        );
    }
}

#[tokio::test]
async fn stripe_and_the_pages_that_frame_the_offices_are_named() {
    let settings = [
        ("BOXOFFICE_STRIPE_KEY", "sk_test_of_nobody"),
        ("BOXOFFICE_STRIPE_URL", "http://127.0.0.1:9"),
        ("BOXOFFICE_STRIPE_PUBLISHABLE_KEY", "pk_test_of_nobody"),
        (
            "BOXOFFICE_EMBEDDING_ORIGINS",
            "https://venue.example,https://town.example:8443",
        ),
    ];
    let office = TestOffice::with(1, None, &settings).await;
    let client = Client::new(office.nodes[0].url(), None);
    let (headers, _) = get(&client, "/").await;
    let policy = text(&headers, "content-security-policy");
    for part in [
        "frame-ancestors https://venue.example https://town.example:8443; ",
        "script-src 'self' https://js.stripe.com",
        "frame-src https://js.stripe.com",
        "https://hooks.stripe.com",
        "connect-src 'self' https://api.stripe.com",
    ] {
        assert!(policy.contains(part), "{part} is not in {policy}");
    }
    assert!(!headers.contains_key("x-frame-options"));
}

#[test]
fn an_origin_that_means_more_than_one_is_refused() {
    for origin in [
        "https://venue.example/",
        "https://venue.example; script-src *",
        "venue.example",
        "*",
        "data:text/html,x",
        "https://user@venue.example",
        "https://VENUE.example",
    ] {
        let refused = std::process::Command::new(env!("CARGO_BIN_EXE_boxoffice"))
            .args(["serve", "--embedding-origins", origin])
            .output()
            .expect("the program");
        let words = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{origin}: {words}");
        assert!(words.contains("--embedding-origins"), "{words}");
    }
}
