//! How a logger is called: read from its module's exports, or stated in phase2.toml.

mod modules;
mod reader;
mod returns;
mod types;

pub use self::modules::Modules;
pub use self::reader::PACKAGES;
use self::reader::Reader;
use crate::config::{Form, Level};
use crate::project::{Project, RelPath};
use crate::syntax::source::SourceFile;

/// How a logger is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// The export to import, `default` for the default export, `*` for the whole module.
    pub export: String,
    /// Other names under which the module exports the same.
    pub aliases: Vec<String>,
    /// A function, an object, or a factory of such objects.
    pub form: Form,
    /// What a factory is called with.
    pub factory_argument: FactoryArgument,
    /// How each level is logged, in the order of [`Level::ALL`]; `None` for a level that the logger lacks.
    methods: [Option<Method>; 4],
}

/// How a logger logs at one level. Behind the message come the error and the fields, as far as it has parameters for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// The method's name; for a function its level argument.
    pub name: String,
    /// The parameter for an error.
    pub error: Option<ErrorParameter>,
    /// The parameter for fields.
    pub fields: Option<FieldsParameter>,
    /// Whether it is known to give nothing back.
    pub returns_nothing: bool,
}

/// A parameter for an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorParameter {
    /// What may be passed.
    pub accepts: ErrorType,
    /// Whether something must be passed.
    pub required: bool,
    /// What is passed where there is no error; `None` if it takes nothing else.
    pub absent: Option<&'static str>,
}

/// What may be passed for an `error` parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorType {
    /// Any value.
    Anything,
    /// Only an `Error`: a catch variable, which may be `unknown`, doesn't type-check there.
    ErrorOnly,
    /// Only an `Error`; where there is none, the fields.
    ErrorOrFields(FieldsParameter),
}

/// A parameter for an object of fields, of any names and values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldsParameter {
    /// Whether it must be passed.
    pub required: bool,
    /// The names of fields that have a type of their own, which our values might not have.
    pub taken: Vec<String>,
}

/// What a factory is called with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactoryArgument {
    /// Nothing.
    Nothing,
    /// The name.
    Name,
    /// An object that has the name under this key.
    Field(String),
}

impl Method {
    /// A method that takes a message and fields of any kind.
    fn plain(name: &str) -> Method {
        let fields = Some(FieldsParameter::default());
        Method { name: name.to_owned(), error: None, fields, returns_nothing: false }
    }

    /// The names that our fields can't have.
    pub fn taken_fields(&self) -> impl Iterator<Item = &str> {
        let instead = self.error.as_ref().and_then(ErrorParameter::fields_instead);
        self.fields.iter().chain(instead).flat_map(|fields| &fields.taken).map(String::as_str)
    }
}

impl ErrorParameter {
    /// The fields that it takes where there is no error.
    pub fn fields_instead(&self) -> Option<&FieldsParameter> {
        if let ErrorType::ErrorOrFields(fields) = &self.accepts { Some(fields) } else { None }
    }
}

/// What phase2.toml says of a logger.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stated<'a> {
    /// The export.
    pub export: Option<&'a str>,
    /// How it is called.
    pub form: Option<Form>,
}

const USABLE: &str = "a function (level, message, fields), nor an object with the methods info, warn and error, \
                      nor a factory of one";

impl Contract {
    /// The contract of an export that nothing more is known of than its form.
    pub fn plain(export: &str, form: Form) -> Contract {
        let methods = Level::ALL.map(|level| Some(Method::plain(level.as_str())));
        Contract { export: export.into(), ..Contract::unnamed(form, FactoryArgument::Name, methods) }
    }

    /// The contract of something whose export isn't known yet.
    fn unnamed(form: Form, factory_argument: FactoryArgument, methods: [Option<Method>; 4]) -> Contract {
        Contract { export: String::new(), aliases: Vec::new(), form, factory_argument, methods }
    }

    /// The contract of an export of the module that a fix brings along.
    pub fn of_runtime(export: &str, form: Form) -> Contract {
        let mut contract = Contract::plain(export, form);
        contract.methods.iter_mut().flatten().for_each(|method| method.returns_nothing = true);
        contract
    }

    /// How a record of `level` is logged.
    pub fn method(&self, level: Level) -> Option<&Method> {
        self.methods[level as usize].as_ref()
    }

    /// Reads the contract from the module at `path`: of its exports the one that is stated, else a function
    /// `log(level, message, fields)`, else an object with level methods, else a factory of such objects, else the module
    /// itself as such an object.
    ///
    /// # Errors
    /// A sentence that lists what the module does export. There is none if both export and form are stated: what can't be
    /// read is then taken as stated.
    pub fn read(modules: &Modules<'_>, path: &RelPath, stated: Stated<'_>) -> Result<Contract, String> {
        if let (Some(export), Some(form)) = (stated.export, stated.form) {
            let read = Contract::of_exports(modules, path, stated);
            return Ok(read.unwrap_or_else(|_| Contract::plain(export, form)));
        }
        Contract::of_exports(modules, path, stated)
    }

    /// The contract of what `file` exports, as far as the file says it alone; `None` if nothing of it reads as a logger.
    pub fn of_file(project: &Project, file: &SourceFile) -> Option<Contract> {
        let contract = Contract::of_exports(&Modules::alone(project, file), &file.path, Stated::default()).ok()?;
        // Games have levels, too.
        let says_so = |name: &str| name.to_ascii_lowercase().contains("log");
        (contract.form != Form::Function || says_so(&contract.export) || says_so(file.path.file_name()))
            .then_some(contract)
    }

    fn of_exports(modules: &Modules<'_>, path: &RelPath, stated: Stated<'_>) -> Result<Contract, String> {
        let file = modules.file(path).ok_or_else(|| "it can't be read".to_owned())?;
        let reader = Reader { modules };
        let exports = reader.exports(file);
        let mut names: Vec<&str> = exports.iter().map(|(name, _)| name.as_str()).collect();
        names.dedup();
        let listed = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        if let Some(stated) = stated.export.filter(|stated| !names.contains(stated)) {
            return Err(format!("it doesn't export `{stated}`; it exports {listed}"));
        }
        let is_wanted = |contract: &&Contract| {
            stated.export.is_none_or(|export| export == contract.export)
                && stated.form.is_none_or(|form| form == contract.form)
        };
        let usable = exports.iter().filter_map(|(_, contract)| contract.as_ref()).filter(is_wanted);
        let best = usable.min_by_key(|contract| contract.rank()).cloned();
        let whole = || reader.namespace(file).filter(|whole| is_wanted(&whole));
        best.or_else(whole).ok_or_else(|| match stated.export {
            Some(stated) => format!("its export `{stated}` is neither {USABLE}"),
            None => format!("it exports neither {USABLE}; it exports {listed}"),
        })
    }

    /// Its place among the exports of a module, the best one first.
    fn rank(&self) -> (usize, usize) {
        let form = match self.form {
            Form::Function => 0,
            Form::Object => 1,
            Form::Factory => 2,
        };
        let usual = ["logger", "log", "createLogger"];
        (form, usual.iter().position(|usual| *usual == self.export).unwrap_or(usual.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_names_come_first() {
        let rank = |export: &str, form: Form| Contract::plain(export, form).rank();
        assert!(rank("audit", Form::Function) < rank("logger", Form::Object));
        assert!(rank("logger", Form::Object) < rank("log", Form::Object));
        assert!(rank("log", Form::Object) < rank("default", Form::Object));
        assert!(rank("default", Form::Object) < rank("createLogger", Form::Factory));
    }
}
