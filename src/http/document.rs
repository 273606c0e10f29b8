//! The OpenAPI document. Handlers say of themselves what only they know: bodies, parameters, what they do. What is true of
//! many operations alike is written here, once: who may call them, how they fail, their headers, what may be added to bodies.

mod about;
mod access;
mod errors;
mod examples;
mod frames;
mod headers;
mod limits;
mod names;
mod older;
mod problems;
mod shapes;
mod surface;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::routes::described;

/// A JSON object.
pub type Object = Map<String, Value>;

/// The document, in the order in which people read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    openapi: String,
    info: Object,
    #[serde(default)]
    external_docs: Value,
    #[serde(default)]
    servers: Vec<Value>,
    #[serde(default)]
    tags: Vec<Value>,
    paths: Object,
    components: Components,
}

/// What several operations refer to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Components {
    #[serde(default)]
    security_schemes: Object,
    #[serde(default)]
    parameters: Object,
    #[serde(default)]
    headers: Object,
    #[serde(default)]
    responses: Object,
    schemas: Object,
}

/// An operation of the document.
struct Operation<'a> {
    id: String,
    method: &'a str,
    object: &'a mut Object,
}

impl Operation<'_> {
    /// Whether it changes something.
    fn writes(&self) -> bool {
        self.method != "get"
    }

    /// Its responses by status.
    fn responses(&mut self) -> Option<&mut Object> {
        object_in(self.object, "responses")
    }

    /// Whether it has parameters that stand there (`path`, `query`).
    fn has_parameters(&self, place: &str) -> bool {
        let parameters = self.object.get("parameters").and_then(Value::as_array);
        let mut places = parameters.into_iter().flatten().map(|parameter| &parameter["in"]);
        places.any(|known| known == place)
    }

    /// Its parameters, made if there are none.
    fn parameters(&mut self) -> Option<&mut Vec<Value>> {
        self.object
            .entry("parameters")
            .or_insert_with(|| json!([]))
            .as_array_mut()
    }
}

impl Document {
    /// Every operation.
    fn operations(&mut self) -> impl Iterator<Item = Operation<'_>> {
        self.paths.values_mut().flat_map(|methods| {
            let methods = methods.as_object_mut().into_iter().flatten();
            methods.filter_map(|(method, operation)| {
                let object = operation.as_object_mut()?;
                Some(Operation {
                    id: object.get("operationId")?.as_str()?.to_owned(),
                    method,
                    object,
                })
            })
        })
    }
}

/// The document.
pub fn document() -> serde_json::Result<Document> {
    let mut described = serde_json::to_value(described())?;
    names::shorten(&mut described);
    let mut document: Document = serde_json::from_value(described)?;
    about::tell(&mut document);
    access::tell(&mut document);
    problems::describe(&mut document);
    frames::describe(&mut document);
    errors::list(&mut document);
    limits::add(&mut document);
    headers::add(&mut document);
    shapes::open_answers(&mut document);
    examples::add(&mut document)?;
    Ok(document)
}

/// The object of this name in another one, made if it is missing.
fn object_in<'a>(object: &'a mut Object, name: &str) -> Option<&'a mut Object> {
    object.entry(name).or_insert_with(|| json!({})).as_object_mut()
}

/// Calls for every object in a value, from the outside in.
fn each_object(value: &mut Value, call: &mut impl FnMut(&mut Object)) {
    match value {
        Value::Object(object) => {
            call(object);
            object.values_mut().for_each(|inner| each_object(inner, call));
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| each_object(inner, call)),
        _ => {}
    }
}

/// A reference to a component of this kind.
fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}
