//! Random calls, run before and after the fix: nothing may be evaluated twice, dropped or in another order, and whatever
//! was logged must be in the record.

use std::path::Path;

use serde::Serialize;

use crate::harness::{ERROR_ONLY, ERROR_OR_FIELDS, FUNCTION, Logger, OBJECT, PLACES, WITH_ERROR};
use crate::support::node;

const CASES: u64 = 500;

#[derive(Serialize)]
struct Case {
    before: String,
    after: String,
}

#[test]
fn what_is_evaluated_and_logged_stays_the_same() {
    let mut cases = Vec::new();
    for (logger, first_seed) in [
        (FUNCTION, 0),
        (OBJECT, 100_000),
        (WITH_ERROR, 200_000),
        (ERROR_ONLY, 300_000),
        (ERROR_OR_FIELDS, 400_000),
        (PLACES, 500_000),
        (PLACES, 600_000),
    ] {
        cases.extend(fixed(&logger, first_seed));
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console_calls/evaluate.mjs");
    let complaints = node::run_script(&script, &serde_json::to_vec(&cases).unwrap());
    let complaints: Vec<Option<String>> = serde_json::from_slice(&complaints).unwrap();
    let wrong: Vec<String> = cases
        .iter()
        .zip(complaints)
        .filter_map(|(case, complaint)| {
            let complaint = complaint?;
            Some(format!("{complaint}\n--- before\n{}\n--- after\n{}\n", case.before, case.after))
        })
        .collect();
    assert!(wrong.is_empty(), "{} are wrong, such as:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    let changed = cases.iter().filter(|case| case.before != case.after).count();
    assert!(changed * 100 >= cases.len() * 95, "only {changed} of {} were fixed", cases.len());
}

fn fixed(logger: &Logger, first_seed: u64) -> Vec<Case> {
    let befores: Vec<String> = (first_seed..first_seed + CASES).map(program).collect();
    let afters = logger.fix(&befores.iter().map(String::as_str).collect::<Vec<_>>());
    befores.into_iter().zip(afters).map(|(before, after)| Case { before, after }).collect()
}

/// A program with one call of the console, the same for a seed at every run.
fn program(seed: u64) -> String {
    let mut generator = Generator { random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, tokens: 0 };
    let call = generator.call();
    format!(
        "const alpha = v('alpha'), user = v('user'), message = v('message'), level = v('level');\n\
         let slot = v('slot');\n\
         try {{\n  throw v('err');\n}} catch (err) {{\n  {call}\n}}\n"
    )
}

struct Generator {
    random: u64,
    tokens: usize,
}

impl Generator {
    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 33) as usize % end
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A call that notes that it was made, and gives a value that can be told from all others.
    fn value(&mut self) -> String {
        self.tokens += 1;
        format!("v({})", self.tokens)
    }

    /// A word that can be told from all others.
    fn word(&mut self) -> String {
        self.tokens += 1;
        format!("w{}", self.tokens)
    }

    fn call(&mut self) -> String {
        let method = self.pick(&["log", "info", "debug", "trace", "warn", "error", "error", "error"]);
        let mut arguments = vec![if self.one_in(5) { self.argument() } else { self.message() }];
        for _ in 0..self.pick(&[0, 1, 1, 1, 1, 2, 2, 3, 4]) {
            arguments.push(self.argument());
        }
        let (open, between, close) = match self.below(6) {
            0 => ("(\n    ", ",\n    ", "\n  )"),
            1 => ("(\n    ", ",\n    ", ",\n  )"),
            2 => ("(", ",\n    ", ")"),
            _ => ("(", ", ", ")"),
        };
        let mut list = String::from(open);
        for (index, argument) in arguments.iter().enumerate() {
            if index > 0 {
                list += between;
            }
            let lead = if self.one_in(12) { self.pick(&["/* a */ ", "// b\n    "]) } else { "" };
            let tail = if self.one_in(12) { self.pick(&[" /* c */", " // d\n    "]) } else { "" };
            list += &format!("{lead}{argument}{tail}");
        }
        let callee = self.pick(&["console.", "console.", "console.", "console?."]);
        let call = format!("{callee}{method}{list}{close}");
        let end = self.pick(&[";", ";", ""]);
        match self.below(24) {
            0 => format!("level && {call}{end}"),
            1 => format!("void {call}{end}"),
            2 => format!("const none = {call}{end}"),
            3 => format!("level ? {call} : {}{end}", self.value()),
            4 => format!("{}, {call}, {}{end}", self.value(), self.value()),
            5 => format!("for (let i = 0; i < 1; i++, {call}) {}{end}", self.value()),
            6 => format!("await (async () => {call})(){end}"),
            7 => format!("if (level) {call}; else {}{end}", self.value()),
            _ => format!("{call}{end}"),
        }
    }

    fn message(&mut self) -> String {
        let (one, two) = (self.word(), self.word());
        match self.below(16) {
            0 => format!("`{one} ${{{}}}: `", self.expression(1)),
            1 => format!("`${{{}}}${{{}}}`", self.expression(1), self.expression(1)),
            2 => format!("'{one}: ' + {} + ' {two}:'", self.operand()),
            3 => format!("'{one} ' + ({} + '{two}')", self.operand()),
            4 => format!("1 + 2 + '{one}'"),
            5 => format!("{} + '{one}' + {}", self.operand(), self.operand()),
            6 => format!("'{one} ' + `{two} ${{{}}}: `", self.expression(1)),
            7 => format!("{} ? '{one}' : `{two}`", self.operand()),
            14 => format!(
                "`${{{}}}: {one} ${{{}}} {two}${{{}}}!`",
                self.expression(1),
                self.expression(1),
                self.expression(0)
            ),
            15 => self.pick(&["'%s w1 %d'", "'w1 %o'", "`w1 %s ${user.id} %j`", "'w1 %s'", "'w1 %% %i'"]).to_owned(),
            8 => self.pick(&["''", "' '", "\"\"", "``", "':'", "'🚀'", "'\\n'"]).to_owned(),
            _ => self.string(),
        }
    }

    fn string(&mut self) -> String {
        let (quote, word) = (self.pick(&['\'', '\'', '"', '`']), self.word());
        let end = self.pick(&["", "", ":", ": ", " :", "\\n", ":\\n", "\\\\:", "!", "...", " 🎉", "\\t"]);
        let inside = self.pick(&["", "", "it\\'s ", "a \\\"b\\\" ", "[tag] ", "💥 ", "\\`x\\` ", "\\u0041 "]);
        format!("{quote}{inside}{word}{end}{quote}")
    }

    fn argument(&mut self) -> String {
        match self.below(12) {
            0 => self.string(),
            1 => self
                .pick(&["1", "-1", "null", "true", "undefined", "'it\"s'", "\"it's\"", "`${1}`", "''", "{}"])
                .to_owned(),
            2..5 => self.object(1),
            _ => self.expression(2),
        }
    }

    /// Something that binds tighter than `+`.
    fn operand(&mut self) -> String {
        match self.below(3) {
            0 => self.value(),
            1 => "user.id".into(),
            _ => "alpha".into(),
        }
    }

    fn expression(&mut self, depth: usize) -> String {
        let simple = 15;
        match self.below(if depth == 0 { simple } else { simple + 22 }) {
            0 => self.value(),
            1 => "err".into(),
            2 => "err".into(),
            3 => "alpha".into(),
            4 => "user".into(),
            5 => "message".into(),
            6 => "level".into(),
            7 => "slot".into(),
            8 => "user.id".into(),
            9 => "user?.profile.id".into(),
            10 => "err.id".into(),
            11 => "user['key']".into(),
            12 => format!("{}.id", self.value()),
            13 => format!("{}?.profile['key']", self.value()),
            14 => "await user.load()".into(),
            15 => format!("await {}", self.value()),
            16 => format!("(await {}.load({})).id", self.value(), self.expression(depth - 1)),
            17 => format!("({})", self.expression(depth - 1)),
            18 => format!("JSON.stringify({})", self.expression(depth - 1)),
            19 => format!("String({})", self.value()),
            20 => format!("`{} ${{{}}}`", self.word(), self.expression(depth - 1)),
            21 => format!("{} ?? {}", self.value(), self.value()),
            22 => format!("{} || {}", self.value(), self.value()),
            23 => format!("{} && {}", self.value(), self.value()),
            24 => format!("{} ? {} : {}", self.value(), self.expression(0), self.expression(0)),
            25 => format!("!{}", self.value()),
            26 => format!("typeof {}", self.value()),
            27 => format!("{} === {}", self.value(), self.value()),
            28 => format!("[{}, {}]", self.expression(depth - 1), self.expression(depth - 1)),
            29 => format!("slot = {}", self.value()),
            30 => format!("({}, {})", self.value(), self.value()),
            31 => format!("new Map([[1, {}]])", self.expression(depth - 1)),
            32 => format!("({{ nested: {} }}).nested", self.expression(depth - 1)),
            33 => format!("(() => {})()", self.value()),
            34 => format!("[{}].map((x) => x.id)", self.value()),
            35 => "/w1: {}'/g".into(),
            _ => self.object(depth - 1),
        }
    }

    fn object(&mut self, depth: usize) -> String {
        let mut entries = Vec::new();
        for _ in 0..self.pick(&[0, 1, 1, 2, 2, 3]) {
            let value = self.expression(depth);
            entries.push(match self.below(14) {
                0..4 => self.pick(&["alpha", "user", "err", "message", "level", "slot"]).to_owned(),
                4 => format!("'string key': {value}"),
                5 => format!("12: {value}"),
                6 => format!("[`k${{{value}}}`]: {}", self.value()),
                7 => format!("...{}", self.value()),
                8 => format!("message: {value}"),
                9 => format!("\"timestamp\": {value}"),
                10 => format!("userId: {value}"),
                11 => format!("method() {{ return {value}; }}").replace("await ", ""),
                _ => format!("{}: {value}", self.pick(&["alpha", "error", "id", "count", "value", "details"])),
            });
        }
        let comma = if !entries.is_empty() && self.one_in(3) { "," } else { "" };
        match self.below(4) {
            0 if !entries.is_empty() => format!("{{\n    {}{comma}\n  }}", entries.join(",\n    ")),
            1 => format!("{{{}{comma}}}", entries.join(",")),
            _ => format!("{{ {}{comma} }}", entries.join(", ")),
        }
    }
}
