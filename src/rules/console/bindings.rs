//! The names by which the calls of a file reach the logger, and the imports that bring them in.

use super::call::{Arguments, Rewrite};
use super::context::FileContext;
use super::contract::FactoryArgument;
use super::layout::TextEdits;
use super::loggers::Usable;
use super::names;
use crate::config::Form;
use crate::edit::{Edit, Fix, Wanted};
use crate::project::Project;

/// The names by which a file's calls reach the logger.
pub struct Bindings {
    /// A name that is there already, and the calls that see it.
    present: Option<(String, Vec<usize>)>,
    /// The name for the others, and what brings it in.
    added: String,
    imports: Vec<Wanted>,
    declaration: Option<String>,
}

impl Bindings {
    /// The names for calls at `places`, byte offsets.
    pub fn of(project: &Project, cx: &FileContext<'_>, logger: &Usable, places: &[usize]) -> Bindings {
        let path = &cx.file.path;
        let imports = cx.file.imports();
        let is_module = |written: &str| logger.is_imported_as(project, path, written);
        let mut names = std::iter::once(&logger.contract.export).chain(&logger.contract.aliases);
        let imported = names.find_map(|name| imports.local_name(name, is_module)).map(str::to_owned);
        let siblings: Vec<&str> = imports.statements.iter().map(|import| import.specifier.as_str()).collect();
        let specifier = logger.specifier(project, path, &siblings);
        let want = |local: &str| Wanted {
            specifier: specifier.clone(),
            imported: logger.contract.export.clone(),
            local: local.to_owned(),
        };
        if logger.contract.form == Form::Factory {
            return Bindings::of_factory(cx, logger, imported, places, want);
        }
        let is_barrel = |written: &str| logger.is_handed_on_by(project, path, written);
        let imported = imported.or_else(|| imports.local_name(&logger.contract.export, is_barrel).map(str::to_owned));
        let sees = |name: &str, place: usize| cx.file.name(name).resolve(place).is_some_and(|seen| seen.top_level);
        let present = imported.map(|name| {
            let places = places.iter().copied().filter(|place| sees(&name, *place)).collect();
            (name, places)
        });
        let added = free_name(cx, logger.alias.as_deref(), &logger.exported_name(), places);
        Bindings { present, imports: vec![want(&added)], added, declaration: None }
    }

    /// The names where the calls go to what a factory makes, one for each file.
    fn of_factory(
        cx: &FileContext<'_>,
        logger: &Usable,
        imported: Option<String>,
        places: &[usize],
        want: impl Fn(&str) -> Wanted,
    ) -> Bindings {
        let present = imported.as_deref().and_then(|factory| made_by(cx, factory)).map(|(name, made_at)| {
            // Code that runs before it is made doesn't see it.
            let sees = |place: &usize| {
                cx.file.name(&name).resolve(*place).is_some_and(|seen| seen.top_level)
                    && (*place > made_at || cx.is_in_function(*place))
            };
            let places = places.iter().copied().filter(sees).collect();
            (name, places)
        });
        let factory = imported.unwrap_or_else(|| free_name(cx, None, &logger.exported_name(), &[]));
        let added = free_name(cx, logger.alias.as_deref(), "logger", places);
        let style = cx.file.style();
        let argument = match &logger.contract.factory_argument {
            FactoryArgument::Nothing => String::new(),
            FactoryArgument::Name => style.quoted(&cx.module_name),
            FactoryArgument::Field(key) => format!("{{ {key}: {} }}", style.quoted(&cx.module_name)),
        };
        let end = if style.semicolons { ";" } else { "" };
        let declaration = Some(format!("const {added} = {factory}({argument}){end}"));
        Bindings { present, added, imports: vec![want(&factory)], declaration }
    }

    /// The fix of one rewrite, and how the logger is called in it.
    pub fn fix(&self, cx: &FileContext<'_>, logger: &Usable, rewrite: Rewrite) -> (String, Fix) {
        let path = &cx.file.path;
        let is_seen = |(_, places): &&(String, Vec<usize>)| places.contains(&rewrite.callee.start);
        let present = self.present.as_ref().filter(is_seen);
        let local = present.map_or(&self.added, |(name, _)| name);
        let method = logger.contract.method(rewrite.level).map_or("", |method| method.name.as_str());
        let is_function = logger.contract.form == Form::Function;
        let level = format!("{quote}{method}{quote}", quote = rewrite.quote);
        let call = if is_function { local.clone() } else { format!("{local}.{method}") };
        let lead = &rewrite.lead;
        let mut edits: TextEdits = TextEdits::new();
        match rewrite.arguments {
            Arguments::Edited { level_place: (place, between), edits: others } => {
                edits.push((rewrite.callee, format!("{lead}{call}")));
                edits.extend(is_function.then(|| (place..place, format!("{level}{between}"))));
                edits.extend(others);
            }
            Arguments::Written(text) => {
                let level = if is_function { format!("{level}, ") } else { String::new() };
                edits.push((rewrite.callee, format!("{lead}{call}({level}{text})")));
            }
        }
        let edits = edits.into_iter().map(|(range, text)| Edit { path: path.clone(), range, text }).collect();
        let mut fix = Fix::safe(edits);
        if present.is_none() {
            fix.imports = self.imports.iter().map(|wanted| (path.clone(), wanted.clone())).collect();
            fix.declarations = self.declaration.iter().map(|statement| (path.clone(), statement.clone())).collect();
        }
        fix.new_files.extend(logger.new_file.clone());
        (call, fix)
    }
}

/// The first name for `wanted` that all `places` would see: itself, the alias, the alias with a number.
fn free_name(cx: &FileContext<'_>, alias: Option<&str>, wanted: &str, places: &[usize]) -> String {
    let alias = alias.map_or_else(|| names::camel(&["app", wanted]), str::to_owned);
    let numbered = (2..).map(|number| format!("{alias}{number}"));
    let mut candidates = [wanted.to_owned(), alias.clone()].into_iter().chain(numbered);
    candidates.find(|name| cx.file.name(name).is_free_for_import(places)).unwrap_or(alias)
}

/// The module-level variable that holds what `factory` made, as in `const log = createLogger('x')`, and the offset where
/// it is made.
fn made_by(cx: &FileContext<'_>, factory: &str) -> Option<(String, usize)> {
    let root = cx.file.root();
    let mut cursor = root.walk();
    root.named_children(&mut cursor).find_map(|statement| {
        let declaration = match statement.kind() {
            "export_statement" => statement.child_by_field_name("declaration")?,
            _ => statement,
        };
        let declarator = declaration.named_child(0).filter(|node| node.kind() == "variable_declarator")?;
        let value = declarator.child_by_field_name("value").filter(|value| value.kind() == "call_expression")?;
        let called = value.child_by_field_name("function")?;
        let name = declarator.child_by_field_name("name").filter(|name| name.kind() == "identifier")?;
        (cx.file.text_of(called) == factory).then(|| (cx.file.text_of(name).to_owned(), value.end_byte()))
    })
}
