//! Makes the client of `openapi-3.0.json`, as `boxoffice openapi --for 3.0` prints it.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use openapiv3::OpenAPI;
use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=OPENAPI");
    let path = env::var("OPENAPI").unwrap_or("openapi-3.0.json".into());
    println!("cargo::rerun-if-changed={path}");
    // The generator gives types to `application/json` alone: as that, errors have one too.
    let text = fs::read_to_string(path)?.replace("application/problem+json", "application/json");
    let mut document: Value = serde_json::from_str(&text)?;
    // Nor does it know an operation with two ways to succeed: of the live feed it gets Server-Sent Events.
    let feed = document.pointer_mut("/paths/~1v1~1shows~1{show}~1live/get/responses");
    feed.and_then(Value::as_object_mut)
        .ok_or("no live feed")?
        .remove("101");
    loosen(&mut document);
    let document: OpenAPI = serde_json::from_value(document)?;
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder);
    let client = Generator::new(&settings).generate_tokens(&document)?;
    let folder = env::var("OUT_DIR")?;
    fs::write(Path::new(&folder).join("client.rs"), client.to_string())?;
    Ok(())
}

/// Takes the limits off strings. Each string with limits would be a type of its own: the order in the path of a payment another
/// one than that of a refund.
fn loosen(part: &mut Value) {
    match part {
        Value::Object(members) => {
            if members.get("type").is_some_and(|kind| kind == "string") {
                members.retain(|name, _| !["pattern", "minLength", "maxLength"].contains(&name.as_str()));
            }
            members.values_mut().for_each(loosen);
        }
        Value::Array(parts) => parts.iter_mut().for_each(loosen),
        _ => {}
    }
}
