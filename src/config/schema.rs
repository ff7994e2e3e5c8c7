//! The JSON schema of phase2.toml, from the types that read it and the defaults that it is laid over.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::{Config, DEFAULTS};

/// The schema (draft 7, which editors know for TOML), for the rules of these names. Each key has its description and, if it has
/// one, its default.
///
/// # Panics
/// Never: the built-in defaults are TOML, and all tests read them.
pub fn schema(rules: &[&str]) -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Config>().to_value();
    let mut defaults = toml::Table::new();
    for text in DEFAULTS {
        defaults.extend(text.parse::<toml::Table>().expect("the built-in configuration is tested"));
    }
    let defaults = serde_json::to_value(defaults).expect("TOML without dates is JSON");
    with_defaults(&mut schema, &defaults);
    without_null(&mut schema);
    if let Some(items) = schema.pointer_mut("/properties/rules/items").and_then(Value::as_object_mut) {
        items.insert("enum".to_owned(), rules.into());
    }
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), super::FILE_NAME.into());
        root.insert("description".to_owned(), "What `phase2` looks for in a project, and how it mends it.".into());
    }
    schema
}

/// Gives a table's keys their defaults. What has one need not be stated.
fn with_defaults(schema: &mut Value, defaults: &Value) {
    let (Some(schema), Some(defaults)) = (schema.as_object_mut(), defaults.as_object()) else { return };
    schema.remove("required");
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (key, property) in properties {
        let Some(default) = defaults.get(key) else { continue };
        if has_keys(property) {
            with_defaults(property, default);
        } else if let Some(property) = property.as_object_mut() {
            property.insert("default".to_owned(), default.clone());
            // What is stated joins the built-in entries, so that a part of one may be stated.
            if default.as_object().is_some_and(|entries| !entries.is_empty())
                && let Some(entry) = property.get_mut("additionalProperties").and_then(Value::as_object_mut)
            {
                entry.remove("required");
            }
        }
    }
}

/// Whether a schema is of a table with keys of its own.
fn has_keys(schema: &Value) -> bool {
    schema.get("properties").and_then(Value::as_object).is_some_and(|properties| !properties.is_empty())
}

/// TOML has no null: a key that may be left out is of one type.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(without_null),
        Value::Object(keys) => {
            if let Some(Value::Array(types)) = keys.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = &types[..] {
                    let only = only.clone();
                    keys.insert("type".to_owned(), only);
                }
            }
            unwrap_optional(keys);
            keys.values_mut().for_each(without_null);
        }
        _ => {}
    }
}

/// `anyOf` a schema and null is that schema.
fn unwrap_optional(keys: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = keys.get_mut("anyOf") else { return };
    parts.retain(|part| part.get("type").is_none_or(|kind| kind != "null"));
    if let [Value::Object(only)] = &mut parts[..] {
        let only = std::mem::take(only);
        keys.remove("anyOf");
        for (key, value) in only {
            keys.entry(key).or_insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn keys_have_descriptions_and_defaults() {
        let schema = schema(&["console", "tenants"]);
        let at = |pointer: &str| schema.pointer(pointer).unwrap_or(&Value::Null);
        assert_eq!(at("/properties/console/properties/levels/properties/trace/default"), "debug");
        assert_eq!(at("/properties/rate-limit/properties/tiers/default/auth/burst"), 3);
        assert_eq!(at("/properties/rules/items/enum"), &serde_json::json!(["console", "tenants"]));
        assert_eq!(at("/properties/tenants/properties/module/type"), "string");
        let described = |pointer: &str| at(pointer).as_str().is_some_and(|text| text.len() > 10);
        assert!(described("/properties/large-files/properties/max-lines/description"));
        assert!(described(
            "/properties/read-through/properties/tables/additionalProperties/properties/ttl/description"
        ));
        // A table to cache has no built-in entry that it could lack a key of.
        let required = at("/properties/read-through/properties/tables/additionalProperties/required");
        assert_eq!(required, &serde_json::json!(["key", "ttl"]));
    }
}
