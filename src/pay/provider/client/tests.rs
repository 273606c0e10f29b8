use serde::de::IgnoredAny;

use super::canned::Canned;
use super::*;

fn client(url: &str, key: &str) -> Result<Client, ClientError> {
    client_within(url, key, Duration::from_secs(10))
}

fn client_within(url: &str, key: &str, call_max: Duration) -> Result<Client, ClientError> {
    Client::new(ClientSettings {
        provider: "test",
        url,
        key: &key.into(),
        call_max,
        headers: HeaderMap::new(),
        read_refusal: |status, _| Refusal::Declined(status.as_u16().to_string().into()),
    })
}

#[test]
fn parts_of_a_path_stay_parts() {
    let check = |base, parts: &[&str], expected| {
        let url = client(base, "k").expect("a client").url_of(parts);
        assert_eq!(url.as_str(), expected);
    };
    check("http://a", &["v1", "x"], "http://a/v1/x");
    check("http://a/", &["v1", "x"], "http://a/v1/x");
    check("http://a/base/", &["v1"], "http://a/base/v1");
    check(
        "http://a",
        &["v1", "../x?y#z/w"],
        "http://a/v1/..%2Fx%3Fy%23z%2Fw",
    );
}

#[test]
fn what_can_not_be_called_is_refused_at_once() {
    for url in ["", "api.stripe.com", "ftp://a", "data:,x", "unix:/run/x"] {
        assert!(matches!(client(url, "k"), Err(ClientError::Url { .. })), "{url}");
    }
    for key in ["", "a\nb"] {
        assert!(matches!(client("http://a", key), Err(ClientError::Key { .. })));
    }
}

#[test]
fn the_key_is_not_shown() {
    let client = client("http://a", "sk_test_1").expect("a client");
    assert!(!format!("{client:?}").contains("sk_test_1"));
}

/// What a call of one that gives these answers comes to.
async fn call(answers: Vec<(u16, String)>) -> Result<u32, Refusal> {
    let provider = Canned::with_texts(answers).await;
    client(&provider.url, "k")
        .expect("a client")
        .get(&["x"], &[])
        .await
}

#[tokio::test]
async fn answers_are_told_from_failures() {
    let check = async |status, body: &str, expected| {
        assert_eq!(call(vec![(status, body.to_owned())]).await, expected, "{status}");
    };
    check(200, "7", Ok(7)).await;
    check(201, "7", Ok(7)).await;
    for refused in [400, 402, 404, 409, 422] {
        check(refused, "7", Err(Refusal::Declined(refused.to_string().into()))).await;
    }
    for failed in [408, 425, 500, 502, 503, 504, 529] {
        let expected = Refusal::Unavailable(format!("it answered with status {failed}"));
        check(failed, "7", Err(expected)).await;
    }
    for refused in [401, 403] {
        check(refused, "7", Err(Refusal::KeyRefused)).await;
    }
    check(429, "7", Err(Refusal::Throttled { retry_after: None })).await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let answers = vec![(307, "0".to_owned()), (200, "7".to_owned())];
    assert_eq!(call(answers).await, Err(Refusal::Declined("307".into())));
}

#[tokio::test]
async fn an_answer_that_can_not_be_read_is_none_and_is_not_repeated() {
    let expected = Refusal::Unavailable("its answer can't be read at 1:8".into());
    assert_eq!(call(vec![(200, "\"secret\"".into())]).await, Err(expected));
}

#[tokio::test]
async fn a_long_answer_is_not_read_to_its_end() {
    let long = " ".repeat(RESPONSE_BYTES_MAX + 1);
    let expected = Refusal::Unavailable("its answer is too long".into());
    assert_eq!(call(vec![(200, long)]).await, Err(expected));
}

#[tokio::test]
async fn where_nothing_is_said_nothing_is_read() {
    let provider = Canned::with_texts(vec![(204, String::new())]).await;
    let client = client(&provider.url, "k").expect("a client");
    let gone: Result<IgnoredAny, Refusal> = client.delete(&["x"], "key").await;
    assert!(gone.is_ok());
}

#[tokio::test]
async fn who_can_not_be_reached_is_unavailable() {
    let unavailable = |answer: Result<u32, Refusal>| match answer {
        Err(Refusal::Unavailable(why)) => why,
        other => panic!("{other:?}"),
    };
    let hung_up = unavailable(call(Vec::new()).await);
    assert!(!hung_up.contains("http://"), "{hung_up}");

    // Listens, and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let client = client_within(&url, "k", Duration::from_millis(200)).expect("a client");
    let answer = client.get(&["x"], &[]).await;
    assert_eq!(unavailable(answer), "no answer in time");
}
