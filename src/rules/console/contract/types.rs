//! What the types of parameters take.

use super::reader::{MAX_DEPTH, Place, Reader};

/// One parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What may be passed.
    pub takes: Takes,
    /// Whether it may be left out.
    pub optional: bool,
    /// Whether it takes all that is left.
    pub rest: bool,
    /// What may be passed for nothing: `undefined` or `null`.
    pub absent: Option<&'static str>,
}

/// What a parameter's type takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Takes {
    /// One of these strings, which are levels; any level if there are none.
    Level(Vec<String>),
    /// A text.
    Text,
    /// An object of fields of any value, but for these names, which have types of their own.
    Fields(Vec<String>),
    /// An `Error`.
    Error,
    /// An `Error`, or an object of fields, as above.
    ErrorOrFields(Vec<String>),
    /// Any value.
    Anything,
    /// Numbers, objects of fixed keys, types that aren't known.
    Other,
}

/// The shape of an object type.
#[derive(Debug, Default)]
pub struct Shape {
    /// The properties that it names.
    pub members: Vec<Member>,
    /// Whether it takes any others, of any value.
    open: bool,
    /// Whether it takes others of some values only.
    restricted: bool,
}

/// A property of an object type.
#[derive(Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Whether it must be there.
    pub required: bool,
    /// Whether it takes any value.
    anything: bool,
}

impl<'m> Reader<'m> {
    /// The parameters of a function, or its single bare one.
    pub fn parameters(self, list: Place<'m>) -> Vec<Parameter> {
        if list.node.kind() == "identifier" {
            let name = list.text().to_owned();
            let takes = untyped(&name, None);
            return vec![Parameter { takes, name, optional: false, rest: false, absent: Some("undefined") }];
        }
        let parameters = list.children().into_iter().filter(|parameter| parameter.node.kind().ends_with("_parameter"));
        parameters
            .filter_map(|parameter| self.parameter(parameter))
            .filter(|parameter| parameter.name != "this")
            .collect()
    }

    fn parameter(self, parameter: Place<'m>) -> Option<Parameter> {
        let pattern = parameter.field("pattern")?;
        let default = parameter.field("value");
        let rest = pattern.node.kind() == "rest_pattern";
        let name = pattern.text().trim_start_matches("...").to_owned();
        let takes = match parameter.annotation() {
            Some(annotation) if rest => self.element(annotation, &name).unwrap_or(Takes::Other),
            Some(annotation) => self.takes(annotation, &name, 0),
            None => untyped(&name, default),
        };
        let optional = parameter.node.kind() == "optional_parameter" || default.is_some() || rest;
        // `name?: T` may be left out, `name: T | undefined` may not.
        let absent = match parameter.annotation() {
            _ if optional || takes == Takes::Anything => Some("undefined"),
            Some(annotation) => ["undefined", "null"].into_iter().find(|word| has_member(annotation, word)),
            None => None,
        };
        Some(Parameter { name, takes, optional, rest, absent })
    }

    /// What the elements of an array type take.
    fn element(self, array: Place<'m>, name: &str) -> Option<Takes> {
        match array.node.kind() {
            "array_type" => Some(self.takes(array.child(0)?, name, 0)),
            "readonly_type" | "parenthesized_type" => self.element(array.child(0)?, name),
            "generic_type" if matches!(array.field("name")?.text(), "Array" | "ReadonlyArray") => {
                Some(self.takes(array.field("type_arguments")?.child(0)?, name, 0))
            }
            "predefined_type" if array.text() == "any" => Some(Takes::Anything),
            _ => None,
        }
    }

    /// What a type takes. `name` is the parameter's, which says that a string is a level.
    pub fn takes(self, place: Place<'m>, name: &str, depth: usize) -> Takes {
        if depth > MAX_DEPTH {
            return Takes::Other;
        }
        let inner = |place: Option<Place<'m>>| place.map_or(Takes::Other, |place| self.takes(place, name, depth + 1));
        match place.node.kind() {
            "predefined_type" => match place.text() {
                "string" if is_level_name(name) => Takes::Level(Vec::new()),
                "string" => Takes::Text,
                "any" | "unknown" => Takes::Anything,
                "object" => Takes::Fields(Vec::new()),
                _ => Takes::Other,
            },
            "parenthesized_type" | "readonly_type" => inner(place.child(0)),
            "literal_type" => match place.child(0) {
                Some(literal) if literal.node.kind() == "string" => Takes::Level(vec![unquoted(literal)]),
                _ => Takes::Other,
            },
            "union_type" => self.union(place, name, depth),
            "index_type_query" | "lookup_type" => self.level_names(place).map_or(Takes::Other, Takes::Level),
            "type_identifier" => match self.declaration(place.file, place.text()) {
                Some(alias) if alias.node.kind() == "type_alias_declaration" => inner(alias.field("value")),
                Some(_) => self.object(place, depth),
                None => match type_parameter(place) {
                    Some(parameter) => {
                        parameter.field("constraint").map_or(Takes::Anything, |bound| inner(bound.child(0)))
                    }
                    None if place.text() == "Error" => Takes::Error,
                    None => Takes::Other,
                },
            },
            _ => self.object(place, depth),
        }
    }

    /// What an object type takes, be it named, generic, or written out.
    fn object(self, place: Place<'m>, depth: usize) -> Takes {
        let Some(shape) = self.shape(place, depth) else { return Takes::Other };
        let is_closed = !shape.open && !shape.members.is_empty();
        if is_closed || shape.restricted || shape.members.iter().any(|member| member.required) {
            return Takes::Other;
        }
        let typed = shape.members.into_iter().filter(|member| !member.anything);
        Takes::Fields(typed.map(|member| member.name).collect())
    }

    /// A union takes what any of its members does; of string literals it is a level.
    fn union(self, place: Place<'m>, name: &str, depth: usize) -> Takes {
        let mut members = Vec::new();
        let mut stack = vec![place];
        while let Some(union) = stack.pop() {
            for child in union.children() {
                match child.node.kind() {
                    "union_type" => stack.push(child),
                    _ if matches!(child.text(), "null" | "undefined") => {}
                    _ => members.push(self.takes(child, name, depth + 1)),
                }
            }
        }
        let level = |member: &Takes| if let Takes::Level(levels) = member { Some(levels.clone()) } else { None };
        let levels: Option<Vec<Vec<String>>> = members.iter().map(level).collect();
        match levels.map(|levels| levels.concat()) {
            Some(levels) if !levels.is_empty() => return Takes::Level(levels),
            _ => {}
        }
        let taken =
            members.iter().find_map(|member| if let Takes::Fields(taken) = member { Some(taken) } else { None });
        if let Some(taken) = taken.filter(|_| members.contains(&Takes::Error) && !members.contains(&Takes::Anything)) {
            return Takes::ErrorOrFields(taken.clone());
        }
        let rank = |member: &Takes| match member {
            Takes::Anything => 0,
            Takes::Fields(_) | Takes::ErrorOrFields(_) => 1,
            Takes::Error => 2,
            Takes::Text => 3,
            Takes::Level(_) | Takes::Other => 4,
        };
        members.into_iter().min_by_key(rank).filter(|member| !matches!(member, Takes::Level(_))).unwrap_or(Takes::Other)
    }

    /// The strings of `keyof typeof LEVELS` and `(typeof LEVELS)[number]`.
    fn level_names(self, place: Place<'m>) -> Option<Vec<String>> {
        let mut query = place;
        while query.node.kind() != "type_query" {
            query = query.child(0)?;
        }
        let mut value = self.declaration(query.file, query.child(0)?.text())?.field("value")?;
        while matches!(value.node.kind(), "as_expression" | "satisfies_expression" | "parenthesized_expression") {
            value = value.child(0)?;
        }
        let wanted = if place.node.kind() == "index_type_query" { "object" } else { "array" };
        let names = value.children().into_iter().map(|entry| match entry.node.kind() {
            "pair" => entry.field("key").map(unquoted),
            "string" => Some(unquoted(entry)),
            _ => None,
        });
        names.collect::<Option<Vec<String>>>().filter(|names| value.node.kind() == wanted && !names.is_empty())
    }

    /// The shape of an object type; `None` if that isn't known, or it isn't one.
    pub fn shape(self, place: Place<'m>, depth: usize) -> Option<Shape> {
        if depth > MAX_DEPTH {
            return None;
        }
        match place.node.kind() {
            "object_type" | "interface_body" => Some(self.members_of_type(place, depth)),
            "parenthesized_type" | "readonly_type" => self.shape(place.child(0)?, depth + 1),
            "intersection_type" => self.united(place.children(), depth),
            "type_alias_declaration" => self.shape(place.field("value")?, depth + 1),
            "interface_declaration" => {
                let clauses = place.children().into_iter();
                let clauses = clauses.filter(|child| child.node.kind() == "extends_type_clause");
                let mut parts: Vec<Place<'m>> = clauses.flat_map(Place::children).collect();
                parts.push(place.field("body")?);
                self.united(parts, depth)
            }
            "type_identifier" => self.shape(self.declaration(place.file, place.text())?, depth + 1),
            "generic_type" => self.generic(place, depth),
            _ => None,
        }
    }

    fn united(self, parts: Vec<Place<'m>>, depth: usize) -> Option<Shape> {
        let mut whole = Shape::default();
        for part in parts {
            let shape = self.shape(part, depth + 1)?;
            whole.open |= shape.open;
            whole.restricted |= shape.restricted;
            whole.members.extend(shape.members);
        }
        Some(whole)
    }

    /// `Record<string, unknown>` and its like, `Partial<T>`, `Readonly<T>`.
    fn generic(self, place: Place<'m>, depth: usize) -> Option<Shape> {
        let arguments = place.field("type_arguments")?;
        match place.field("name")?.text() {
            "Record" => {
                let is_open = matches!(arguments.child(0)?.text(), "string" | "PropertyKey")
                    && self.takes(arguments.child(1)?, "", depth + 1) == Takes::Anything;
                is_open.then(|| Shape { open: true, ..Shape::default() })
            }
            "Readonly" => self.shape(arguments.child(0)?, depth + 1),
            "Partial" => {
                let mut shape = self.shape(arguments.child(0)?, depth + 1)?;
                shape.members.iter_mut().for_each(|member| member.required = false);
                Some(shape)
            }
            _ => None,
        }
    }

    fn members_of_type(self, body: Place<'m>, depth: usize) -> Shape {
        let mut shape = Shape::default();
        for member in body.children() {
            match member.node.kind() {
                "index_signature" => {
                    let value = member.annotation();
                    let anything = value.is_some_and(|value| self.takes(value, "", depth + 1) == Takes::Anything);
                    shape.open |= anything;
                    shape.restricted |= !anything;
                }
                _ => {
                    let name = member.field("name").map(unquoted).unwrap_or_default();
                    let mut cursor = member.node.walk();
                    let required = !member.node.children(&mut cursor).any(|child| child.kind() == "?");
                    let value = member.annotation().filter(|_| member.node.kind() == "property_signature");
                    let anything = value.is_some_and(|value| self.takes(value, "", depth + 1) == Takes::Anything);
                    shape.members.push(Member { name, required, anything });
                }
            }
        }
        shape
    }
}

/// The declaration of a type parameter that `place` names, in the functions around it.
fn type_parameter<'m>(place: Place<'m>) -> Option<Place<'m>> {
    let path = place.file.path_to(place.node.byte_range());
    path.into_iter().rev().find_map(|node| {
        let parameters = place.at(node).field("type_parameters")?.children();
        parameters.into_iter().find(|parameter| parameter.field("name").is_some_and(|name| name.text() == place.text()))
    })
}

/// Whether a union has a member that is written as `word`.
fn has_member(union: Place<'_>, word: &str) -> bool {
    union.node.kind() == "union_type"
        && union.children().into_iter().any(|member| member.text() == word || has_member(member, word))
}

fn unquoted(place: Place<'_>) -> String {
    place.text().trim_matches(['\'', '"']).to_owned()
}

fn is_level_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("level") || name == "severity"
}

/// What a parameter without a type takes: anything, or what its default value is.
fn untyped(name: &str, default: Option<Place<'_>>) -> Takes {
    match default.map(|default| (default.node.kind(), default.node.named_child_count())) {
        None if is_level_name(name) => Takes::Level(Vec::new()),
        None => Takes::Anything,
        Some(("object", 0)) => Takes::Fields(Vec::new()),
        Some(("string" | "template_string", _)) => Takes::Text,
        Some(_) => Takes::Other,
    }
}
