//! Asks an office over HTTP.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use boxoffice::http::origins::is_on_this_machine;
use boxoffice::http::plans::read_document;
use domain::plan::Plan;
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Method, RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;

use super::bodies::{Map, Problem, Show, Shows};

/// How long it may take to reach it.
const CONNECT_SECONDS_MAX: Duration = Duration::from_secs(5);
/// How long it may say nothing. A feed says something every 15 seconds.
const SILENCE_SECONDS_MAX: Duration = Duration::from_secs(40);
/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1_024 * 1_024;

/// An office, and how to reach it.
#[derive(Debug, Clone)]
pub struct Remote {
    http: reqwest::Client,
    url: Url,
}

impl Remote {
    /// The office there; nothing is asked yet.
    pub fn at(url: &str) -> anyhow::Result<Self> {
        Self::reached_by(reqwest::Client::builder(), url)
    }

    /// The office there, if that is on this machine. Nothing else is reached, neither by a proxy nor where it sends one to.
    pub fn on_this_machine(url: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none());
        let office = Self::reached_by(http, url)?;
        let is_here = is_on_this_machine(&office.url);
        ensure!(
            is_here,
            "{url} is another machine's: only an office on this one is asked so much"
        );
        Ok(office)
    }

    fn reached_by(http: ClientBuilder, url: &str) -> anyhow::Result<Self> {
        let read = Url::parse(url).ok();
        let read = read.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = read.with_context(|| format!("{url} is no address such as http://127.0.0.1:8080"))?;
        let http = http
            .connect_timeout(CONNECT_SECONDS_MAX)
            .read_timeout(SILENCE_SECONDS_MAX)
            .tcp_nodelay(true)
            .build()?;
        Ok(Self { http, url })
    }

    /// A request to be finished by the caller.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let base = self.url.as_str().trim_end_matches('/');
        self.http.request(method, format!("{base}{path}"))
    }

    /// What is read there.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let text = self.get_text(path).await?;
        serde_json::from_slice(&text).with_context(|| format!("{path} of the office can't be read"))
    }

    async fn get_text(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let response = self.request(Method::GET, path).send().await;
        let response = response.with_context(|| format!("no answer from {}", self.url))?;
        let status = response.status();
        let body = read_body(response).await?;
        if !status.is_success() {
            let problem: Problem = serde_json::from_slice(&body).unwrap_or_default();
            bail!("the office answers {path} with {status} {}", problem.code);
        }
        Ok(body)
    }

    /// The show of this id, or the first one that is open.
    pub async fn show(&self, id: Option<&str>) -> anyhow::Result<Show> {
        if let Some(id) = id {
            let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            ensure!(is_plain && !id.is_empty(), "{id} is no show's id");
            return self.get(&format!("/v1/shows/{id}")).await;
        }
        let shows: Shows = self.get("/v1/shows?state=open").await?;
        let first = shows.shows.into_iter().next();
        first.context("the office has no show that is open")
    }

    /// A show's plan.
    pub async fn plan(&self, show: &Show) -> anyhow::Result<Plan> {
        let text = self.get_text(&format!("/v1/plans/{}", show.plan)).await?;
        let plan = read_document(&String::from_utf8_lossy(&text));
        plan.map_err(|problem| anyhow::anyhow!("the show's plan: {problem}"))
    }

    /// A show's map as it was at an offset.
    pub async fn map_at(&self, show: &str, offset: i64) -> anyhow::Result<Map> {
        self.get(&format!("/v1/shows/{show}/seat-map?at={offset}")).await
    }
}

/// An answer's body, up to the longest that there may be.
pub async fn read_body(mut response: Response) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.context("an answer breaks off")? {
        body.extend_from_slice(&piece);
        ensure!(body.len() <= ANSWER_BYTES_MAX, "an answer is too long");
    }
    Ok(body)
}
