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
    for schema in named(&mut document, "/components/schemas") {
        schema.get_mut("properties").into_iter().for_each(loosen);
    }
    for place in ["/components/parameters", "/paths"] {
        named(&mut document, place).for_each(loosen);
    }
    let document: OpenAPI = serde_json::from_value(document)?;
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder);
    let client = Generator::new(&settings).generate_tokens(&document)?;
    let folder = env::var("OUT_DIR")?;
    fs::write(Path::new(&folder).join("client.rs"), client.to_string())?;
    Ok(())
}

/// What has a name at this place.
fn named<'a>(document: &'a mut Value, pointer: &str) -> impl Iterator<Item = &'a mut Value> {
    let members = document.pointer_mut(pointer).and_then(Value::as_object_mut);
    members.into_iter().flat_map(|members| members.values_mut())
}

/// Takes the limits off strings that have no name. Each of them would be a type of its own: a seat's name in an order another one
/// than in a map.
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
