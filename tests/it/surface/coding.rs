//! Compression and entity tags of what many read.

use std::io::Read;

use reqwest::Method;
use serde_json::json;

use crate::office::{Client, TestOffice};

/// Asks for a document plain, compressed, and again under the tags that it came with.
async fn check(client: &Client, path: &str) {
    let ask = async |headers: &[(&str, &str)]| {
        let mut request = client.request(Method::GET, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, headers, answer.bytes().await.expect("a body"))
    };
    let (status, plain_headers, plain) = ask(&[("Accept-Encoding", "gzip;q=0, *")]).await;
    assert_eq!(status, 200, "{path}");
    assert!(!plain_headers.contains_key("content-encoding"), "{path}");
    let (status, gzip_headers, gzip) = ask(&[("Accept-Encoding", "br;q=1.0, GZIP;q=0.5")]).await;
    assert_eq!(status, 200, "{path}");
    assert_eq!(gzip_headers["content-encoding"], "gzip", "{path}");
    let mut unpacked = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(gzip.as_ref());
    reader.read_to_end(&mut unpacked).expect("gzip");
    assert_eq!(unpacked, plain, "{path}");
    assert!(gzip.len() < plain.len(), "{path}");
    let tag = |headers: &reqwest::header::HeaderMap| headers["etag"].to_str().expect("a tag").to_owned();
    let (plain_tag, gzip_tag) = (tag(&plain_headers), tag(&gzip_headers));
    assert_ne!(plain_tag, gzip_tag, "{path}");
    for known in [
        plain_tag.clone(),
        gzip_tag.clone(),
        format!("\"other\", W/{plain_tag}"),
        "*".to_owned(),
    ] {
        let (status, headers, body) = ask(&[("Accept-Encoding", "gzip"), ("If-None-Match", &known)]).await;
        assert_eq!((status, body.len()), (304, 0), "{path} {known}");
        assert!(headers.contains_key("etag"), "{path}");
        assert_eq!(headers["vary"], "Accept-Encoding", "{path}");
    }
    let (status, headers, _) = ask(&[("If-None-Match", "\"other\"")]).await;
    assert_eq!(status, 200, "{path}");
    assert_eq!(headers["vary"], "Accept-Encoding", "{path}");
}

#[tokio::test]
async fn what_many_read_is_compressed_and_not_sent_twice() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let client = Client::new(office.nodes[0].url(), None);
    let known = client.get(&format!("/v1/shows/{show}")).await.expect_status(200);
    let plan = known["plan"].as_str().expect("a plan");
    for path in [
        format!("/v1/shows/{show}/seat-map"),
        format!("/v1/shows/{show}/seat-map?at=1"),
        format!("/v1/shows/{show}/snapshots/latest"),
        format!("/v1/plans/{plan}"),
        "/openapi.json".to_owned(),
        "/asyncapi.json".to_owned(),
        "/".to_owned(),
        "/shows/1024".to_owned(),
    ] {
        check(&client, &path).await;
    }
}
