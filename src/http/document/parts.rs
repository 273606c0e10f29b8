//! The document as a value that is made step by step: its parts, and how they are found in it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A JSON object.
pub type Object = Map<String, Value>;

/// The document, in the order in which people read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    pub(super) openapi: String,
    pub(super) info: Object,
    #[serde(default)]
    pub(super) external_docs: Value,
    #[serde(default)]
    pub(super) servers: Vec<Value>,
    #[serde(default)]
    pub(super) tags: Vec<Value>,
    pub(super) paths: Object,
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub(super) webhooks: Object,
    pub(super) components: Components,
}

/// What several operations refer to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Components {
    #[serde(default)]
    pub(super) security_schemes: Object,
    #[serde(default)]
    pub(super) parameters: Object,
    #[serde(default)]
    pub(super) headers: Object,
    #[serde(default)]
    pub(super) responses: Object,
    pub(super) schemas: Object,
}

/// An operation of the document.
pub(super) struct Operation<'a> {
    pub(super) id: String,
    pub(super) method: &'a str,
    pub(super) object: &'a mut Object,
}

impl Operation<'_> {
    /// Whether it changes something.
    pub(super) fn writes(&self) -> bool {
        self.method != "get"
    }

    /// Its responses by status.
    pub(super) fn responses(&mut self) -> Option<&mut Object> {
        object_in(self.object, "responses")
    }

    /// Whether it has parameters that stand there (`path`, `query`).
    pub(super) fn has_parameters(&self, place: &str) -> bool {
        let parameters = self.object.get("parameters").and_then(Value::as_array);
        let mut places = parameters.into_iter().flatten().map(|parameter| &parameter["in"]);
        places.any(|known| known == place)
    }

    /// Its parameters, made if there are none.
    pub(super) fn parameters(&mut self) -> Option<&mut Vec<Value>> {
        self.object
            .entry("parameters")
            .or_insert_with(|| json!([]))
            .as_array_mut()
    }
}

impl Document {
    /// Every operation.
    pub(super) fn operations(&mut self) -> impl Iterator<Item = Operation<'_>> {
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

/// The object of this name in another one, made if it is missing.
pub(super) fn object_in<'a>(object: &'a mut Object, name: &str) -> Option<&'a mut Object> {
    object.entry(name).or_insert_with(|| json!({})).as_object_mut()
}

/// Calls for every object in a value, from the outside in.
pub fn each_object(value: &mut Value, call: &mut impl FnMut(&mut Object)) {
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
pub(super) fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}
