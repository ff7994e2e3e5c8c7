//! Random programs that declare and use a few names in every way that scopes can nest. No scope declares a name twice,
//! since the compiler and the language disagree about what such a program means.

use std::collections::BTreeSet;

/// Names that nobody asks for. Where they are mixed in, the others are seldom enough to be free sometimes.
const FILLERS: [&str; 24] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w",
    "z",
];

/// A program of its own for each `seed`, the same at every run.
pub fn program(seed: u64, names: &[&'static str]) -> String {
    let fillers = &FILLERS[..seed as usize % 4 * FILLERS.len() / 3];
    let mut generator = Generator {
        random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        names: [names, fillers].concat(),
        scopes: vec![Scope { is_function: true, ..Scope::default() }],
        fresh: 0,
        out: String::new(),
    };
    generator.top_level();
    generator.out
}

#[derive(Default)]
struct Scope {
    /// A function, the file or a namespace: a `var` stays inside.
    is_function: bool,
    values: BTreeSet<String>,
    types: BTreeSet<String>,
    /// The names in a function's parameters; all of them if a call stands there, since it is asked what each would mean
    /// in it. The compiler lets defaults see the functions, classes and enums of the body, the language doesn't: so none
    /// of those gets such a name.
    parameters: String,
}

struct Generator {
    random: u64,
    names: Vec<&'static str>,
    scopes: Vec<Scope>,
    fresh: usize,
    out: String,
}

/// How deep statements and expressions nest.
const DEPTH: usize = 4;

impl Generator {
    fn below(&mut self, limit: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 16) as usize % limit
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn name(&mut self) -> String {
        let at = self.below(self.names.len());
        self.names[at].to_owned()
    }

    fn fresh(&mut self) -> String {
        self.fresh += 1;
        format!("x{}", self.fresh)
    }

    /// A name that the innermost scope may still declare as a value.
    fn lexical(&mut self) -> String {
        let name = self.name();
        let scope = self.scopes.last_mut().unwrap();
        if scope.values.insert(name.clone()) { name } else { self.fresh() }
    }

    /// A name that a `var` may declare: no block on its way to the function declares it.
    fn hoisted(&mut self) -> String {
        let name = self.name();
        let function = self.scopes.iter().rposition(|scope| scope.is_function).unwrap();
        if self.scopes[function..].iter().any(|scope| scope.values.contains(&name)) {
            return self.fresh();
        }
        for scope in &mut self.scopes[function..] {
            scope.values.insert(name.clone());
        }
        name
    }

    fn type_name(&mut self) -> String {
        let name = self.name();
        let scope = self.scopes.last_mut().unwrap();
        if scope.types.insert(name.clone()) { name } else { self.fresh() }
    }

    /// A name that a function may have.
    fn function_name(&mut self) -> String {
        let name = self.name();
        let scope = self.scopes.last_mut().unwrap();
        let is_free = !scope.parameters.contains(&name) && scope.values.insert(name.clone());
        if is_free { name } else { self.fresh() }
    }

    /// A name that may be declared as both.
    fn value_and_type(&mut self) -> String {
        let name = self.name();
        let scope = self.scopes.last_mut().unwrap();
        if scope.values.contains(&name) || scope.types.contains(&name) || scope.parameters.contains(&name) {
            return self.fresh();
        }
        scope.values.insert(name.clone());
        scope.types.insert(name.clone());
        name
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn within(&mut self, is_function: bool, body: impl FnOnce(&mut Generator)) {
        self.scopes.push(Scope { is_function, ..Scope::default() });
        body(self);
        self.scopes.pop();
    }

    fn top_level(&mut self) {
        // A module: at the top of a script `globalThis` can't be declared.
        self.put("export {};\n");
        for _ in 0..self.below(3) {
            let name = self.value_and_type();
            let line = match self.below(6) {
                0 => format!("import {name} from 'a';\n"),
                1 => format!("import * as {name} from 'a';\n"),
                2 => format!("import {{ {name} }} from 'a';\n"),
                3 => format!("import {{ console as {name} }} from 'a';\n"),
                4 => format!("import type {{ {name} }} from 'a';\n"),
                _ => format!("import {{ type {name} }} from 'a';\n"),
            };
            self.put(&line);
        }
        for _ in 0..3 + self.below(5) {
            match self.below(8) {
                0 => self.namespace(2),
                1 => {
                    let line = match self.below(4) {
                        0 => format!("export {{ {} }};\n", self.name()),
                        1 => format!("export {{ {} as {} }};\n", self.name(), self.name()),
                        2 => format!("export {{ {} as {} }} from 'b';\n", self.name(), self.name()),
                        _ => format!("export * as {} from 'b';\n", self.name()),
                    };
                    self.put(&line);
                }
                2 => {
                    let name = self.lexical();
                    self.put(&format!("declare const {name}: any;\n"));
                }
                3 => {
                    let name = self.name();
                    self.put(&format!("declare global {{ var {name}: any; }}\n"));
                }
                _ => self.statement(DEPTH),
            }
        }
    }

    fn namespace(&mut self, depth: usize) {
        let name = self.value_and_type();
        if self.one_in(4) {
            let inner = self.name();
            self.put(&format!("namespace {name} {{ export interface {inner} {{}} }}\n"));
            return;
        }
        self.put(&format!("namespace {name} {{\n"));
        self.within(true, |g| {
            let exported = g.lexical();
            g.put(&format!("export const {exported} = 1;\n"));
            for _ in 0..2 {
                if depth > 0 && g.one_in(3) { g.namespace(depth - 1) } else { g.statement(2) }
            }
        });
        self.put("}\n");
    }

    fn block(&mut self, depth: usize) {
        self.put("{\n");
        for _ in 0..1 + self.below(3) {
            self.statement(depth.saturating_sub(1));
        }
        self.put("}\n");
    }

    fn statement(&mut self, depth: usize) {
        if depth == 0 {
            return self.call(0);
        }
        match self.below(18) {
            0 | 1 => {
                let word = if self.one_in(2) { "const " } else { "let " };
                self.put(word);
                self.pattern(2, Generator::lexical);
                self.initializer(depth);
            }
            2 => {
                self.put("var ");
                self.pattern(2, Generator::hoisted);
                self.initializer(depth);
            }
            3 => {
                let name = self.function_name();
                self.put(&format!("function {name}"));
                self.function(depth);
            }
            4 => {
                let name = self.value_and_type();
                self.put(&format!("class {name} "));
                self.class(depth);
            }
            5 => self.within(false, |g| g.block(depth)),
            6 => {
                self.put("try ");
                self.within(false, |g| g.block(depth));
                self.within(false, |g| {
                    g.put("catch (");
                    g.pattern(1, Generator::lexical);
                    g.put(") ");
                    g.block(depth);
                });
            }
            7 => self.within(false, |g| {
                g.put("for (let ");
                let name = g.lexical();
                g.put(&format!("{name} = 0; {name} < 1; {name}++) "));
                g.within(false, |g| g.block(depth));
            }),
            8 => self.within(false, |g| {
                let hoists = g.one_in(3);
                g.put(if hoists { "for (var " } else { "for (const " });
                g.pattern(1, if hoists { Generator::hoisted } else { Generator::lexical });
                g.put(" of ");
                g.expression(1);
                g.put(") ");
                g.within(false, |g| g.block(depth));
            }),
            9 => {
                self.put("switch (");
                self.expression(1);
                self.put(") {\n");
                self.within(false, |g| {
                    for _ in 0..2 {
                        g.put("case ");
                        g.expression(1);
                        g.put(":\n");
                        g.statement(depth - 1);
                    }
                });
                self.put("}\n");
            }
            10 => {
                let name = self.type_name();
                let (of, parameter) = (self.name(), self.name());
                self.put(&format!("type {name} = {{ {of}: ({parameter}: any) => typeof {of} }};\n"));
            }
            11 => {
                let name = self.type_name();
                let parent = self.name();
                self.put(&format!("interface {name} {{ {parent}: {parent} }}\n"));
            }
            12 => {
                let name = self.value_and_type();
                let (member, other) = (self.name(), self.name());
                self.put(&format!("enum {name} {{ {member} = 1, y = {other} }}\n"));
            }
            13 => {
                let name = self.name();
                self.put(&format!("{name}: for (;;) {{ break {name}; }}\n"));
            }
            14 => {
                let (a, b, c) = (self.name(), self.name(), self.name());
                self.put(&format!("({{ {a}, {b}: {c}, x: [{a}, ...{b}] }} = {c});\n"));
            }
            _ => self.call(depth),
        }
    }

    fn call(&mut self, depth: usize) {
        let name = self.name();
        match self.below(3) {
            0 => self.put(&format!("{name}(")),
            1 => self.put(&format!("{name}.log(")),
            _ => self.put(&format!("this.{name}(")),
        }
        self.expression(depth.min(2));
        self.put(");\n");
    }

    fn initializer(&mut self, depth: usize) {
        self.put(" = ");
        self.expression(depth);
        self.put(";\n");
    }

    fn pattern(&mut self, depth: usize, declare: fn(&mut Generator) -> String) {
        let name = declare(self);
        match self.below(if depth == 0 { 1 } else { 7 }) {
            0..=2 => self.put(&name),
            3 => {
                self.put(&format!("{{ {name} = "));
                self.expression(depth - 1);
                self.put(" }");
            }
            4 => {
                let key = self.name();
                self.put(&format!("{{ {name}, {key}: "));
                self.pattern(depth - 1, declare);
                self.put(" }");
            }
            5 => {
                self.put(&format!("[{name}, , "));
                self.pattern(depth - 1, declare);
                self.put(" = ");
                self.expression(depth - 1);
                self.put("]");
            }
            _ => {
                let key = self.name();
                self.put(&format!("{{ [{key}]: y, ...{name} }}"));
            }
        }
    }

    /// From the parameters to the end of the body.
    fn function(&mut self, depth: usize) {
        self.within(true, |g| {
            g.parameters(depth.saturating_sub(1));
            g.put(" ");
            g.block(depth);
        });
    }

    fn parameters(&mut self, depth: usize) {
        let start = self.out.len();
        self.put("(");
        for _ in 0..self.below(3) {
            self.pattern(depth.min(1), Generator::lexical);
            if self.one_in(3) {
                self.put(" = ");
                self.expression(depth);
            } else if self.one_in(4) {
                let name = self.name();
                self.put(&format!(": typeof {name}"));
            }
            self.put(", ");
        }
        self.put(")");
        let calls_something = self.out[start + 1..].contains('(');
        let parameters = if calls_something { self.names.join(" ") } else { self.out[start..].to_owned() };
        self.scopes.last_mut().unwrap().parameters = parameters;
    }

    fn class(&mut self, depth: usize) {
        if self.one_in(3) {
            let parent = self.name();
            self.put(&format!("extends {parent} "));
        }
        self.put("{\n");
        for _ in 0..self.below(4) {
            let name = self.name();
            match self.below(5) {
                0 => {
                    self.put(&name);
                    self.initializer(depth.saturating_sub(1));
                }
                1 => {
                    self.put("static ");
                    self.within(true, |g| g.block(depth));
                }
                2 => {
                    self.put(&format!("get {name}() "));
                    self.within(true, |g| g.block(depth));
                }
                3 => {
                    self.put("constructor(");
                    self.within(true, |g| {
                        let (decorator, parameter) = (g.name(), g.lexical());
                        g.put(&format!("@{decorator}({parameter}.x()) private {parameter}: {decorator}) "));
                        g.block(depth);
                    });
                }
                _ => {
                    self.put(&name);
                    self.function(depth);
                }
            }
        }
        self.put("}\n");
    }

    fn expression(&mut self, depth: usize) {
        let name = self.name();
        match self.below(if depth == 0 { 5 } else { 12 }) {
            0 => self.put(&name),
            1 => self.put(&format!("{name}.log")),
            2 => self.put(&format!("({{ {name}, log: {name}, console: `${{{name}}}` }})")),
            3 => self.put(&format!("globalThis.{name}('log')")),
            4 => self.put(&format!("(y as {name})")),
            5 | 6 => self.within(true, |g| {
                g.put("(");
                g.parameters(depth.saturating_sub(1));
                g.put(" => ");
                g.expression(depth - 1);
                g.put(")");
            }),
            7 => self.within(true, |g| {
                let parameter = g.lexical();
                g.put(&format!("(async {parameter} => "));
                g.block(depth);
                g.put(")");
            }),
            8 => {
                self.put(&format!("(function {name}"));
                self.function(depth - 1);
                self.put(")");
            }
            9 => {
                self.put(&format!("(class {name} "));
                self.class(depth - 1);
                self.put(")");
            }
            10 => {
                self.put(&format!("{name}("));
                self.expression(depth - 1);
                self.put(")");
            }
            _ => {
                self.put(&format!("({{ {name}"));
                self.function(depth - 1);
                self.put("})");
            }
        }
    }
}
