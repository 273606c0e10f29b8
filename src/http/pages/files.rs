//! The files of the pages, compressed once. What is below `assets` has a name made from what is in it, and never changes under
//! that name. What is below `embed` is for pages of other origins, and so is what it loads from `assets`.

use std::io::Write as _;

use actix_web::HttpResponse;
use actix_web::http::header::HeaderMap;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::http::coding::{About, Begun, Coding, FOREVER, begin_as, name_of_bytes};
use crate::http::pieces::shared;

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// How long other origins' pages go on with what they have of `embed`: a new version of it is there soon, and nobody asks for
/// each page that is shown.
const EMBED_CACHE: &str = "public, max-age=300";
/// Who has it asks whether it is still the same.
const PAGE_CACHE: &str = "no-cache";

/// A file.
pub struct File {
    path: String,
    content_type: &'static str,
    cache: &'static str,
    is_for_all_origins: bool,
    /// Made from what is in it.
    name: String,
    plain: Bytes,
    /// The same compressed, if it is shorter.
    gzip: Option<Bytes>,
}

/// The page.
pub fn page() -> File {
    File::new("index.html", INDEX)
}

/// The other files.
pub fn others() -> impl Iterator<Item = File> {
    FILES.iter().map(|(path, bytes)| File::new(path, bytes))
}

impl File {
    fn new(path: &str, bytes: &'static [u8]) -> Self {
        let folder = path.split_once('/').map(|(folder, _)| folder);
        let gzip = compress(bytes).filter(|gzip| gzip.len() < bytes.len());
        Self {
            path: format!("/{path}"),
            content_type: content_type(path),
            cache: match folder {
                Some("assets") => FOREVER,
                Some("embed") => EMBED_CACHE,
                _ => PAGE_CACHE,
            },
            is_for_all_origins: matches!(folder, Some("assets" | "embed")),
            name: name_of_bytes(bytes),
            plain: Bytes::from_static(bytes),
            gzip,
        }
    }

    /// Where it is.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether pages of all origins may load it.
    pub fn is_for_all_origins(&self) -> bool {
        self.is_for_all_origins
    }

    /// It as an answer, if the client doesn't have it.
    pub fn answer(&self, headers: &HeaderMap) -> HttpResponse {
        let coding = match self.gzip {
            Some(_) => Coding::wanted(headers),
            None => Coding::Plain,
        };
        let about = About {
            name: &self.name,
            cache: self.cache,
            content_type: self.content_type,
        };
        match begin_as(headers, coding, &about) {
            Begun::Known(response) => response,
            Begun::Needs(mut response, Coding::Plain) => response.body(shared(self.plain.clone())),
            Begun::Needs(mut response, Coding::Gzip) => {
                let gzip = self.gzip.as_ref().unwrap_or(&self.plain);
                response.body(shared(gzip.clone()))
            }
        }
    }
}

/// As short as it gets: it is done once.
fn compress(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_its_content_in_its_name_is_kept_for_ever_and_nothing_else() {
        let check = |path: &str, cache: &str, is_for_all: bool| {
            let file = File::new(path, b"x");
            assert_eq!(
                (file.cache, file.is_for_all_origins()),
                (cache, is_for_all),
                "{path}"
            );
        };
        check("index.html", "no-cache", false);
        check("favicon.ico", "no-cache", false);
        check("assets/page-1a2b3c4d.js", FOREVER, true);
        check("embed/map.js", "public, max-age=300", true);
    }

    #[test]
    fn what_compression_makes_longer_is_sent_plain() {
        let mut headers = HeaderMap::new();
        let gzip = actix_web::http::header::HeaderValue::from_static("gzip");
        headers.insert(actix_web::http::header::ACCEPT_ENCODING, gzip);
        let coding = |bytes: &'static [u8]| {
            let answer = File::new("assets/a.png", bytes).answer(&headers);
            answer.headers().contains_key("content-encoding")
        };
        assert!(!coding(b"x"));
        assert!(coding(&[7; 1_000]));
    }
}
