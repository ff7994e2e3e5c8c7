//! What becomes of line breaks and comments.

use crate::harness::{FUNCTION, OBJECT};

#[test]
fn arguments_on_lines_of_their_own_keep_them() {
    FUNCTION.check(&[
        ("console.log(\n  'a',\n  x\n);", "log(\n  'info',\n  'a',\n  { x }\n);"),
        ("console.log(\n  'a',\n  x,\n);", "log(\n  'info',\n  'a',\n  { x },\n);"),
        ("console.log(\n  'a',\n  x,\n  y,\n);", "log(\n  'info',\n  'a',\n  { x, y },\n);"),
        ("console.log(\r\n  'a',\r\n  x,\r\n  y\r\n);", "log(\r\n  'info',\r\n  'a',\r\n  { x, y }\r\n);"),
        ("console.log(\n\t'a',\n\tx,\n\t'b',\n\ty\n);", "log(\n\t'info',\n\t'a … b …',\n\t{ x, y }\n);"),
        ("console.log(\n  x\n);", "log(\n  'info',\n  'orders: x',\n  { x }\n);"),
        ("console.log('a',\n  x);", "log('info', 'a',\n  { x });"),
        ("console.log(\n  'a',\n  'b'\n);", "log(\n  'info',\n  'a b'\n);"),
        ("console.log(\n  `a`\n);", "log(\n  'info',\n  `a`\n);"),
    ]);
}

#[test]
fn an_object_over_several_lines_keeps_its_entries_there() {
    FUNCTION.check(&[
        ("console.log('a', {\n  b,\n});", "log('info', 'a', {\n  b,\n});"),
        ("console.log('a', x, {\n  b,\n  c: 1,\n});", "log('info', 'a', {\n  x,\n  b,\n  c: 1,\n});"),
        ("console.log('a', {\n  b,\n}, x);", "log('info', 'a', {\n  b,\n  x,\n});"),
        ("console.log('a', x, {\r\n  b\r\n});", "log('info', 'a', {\r\n  x,\r\n  b\r\n});"),
        ("console.log({\n  b,\n});", "log('info', 'orders: b', {\n  b,\n});"),
        ("console.log(\n  'a',\n  x,\n  {\n    b,\n  },\n);", "log(\n  'info',\n  'a',\n  {\n    x,\n    b,\n  },\n);"),
        ("console.log('a', {\n  // why\n  b, // what\n});", "log('info', 'a', {\n  // why\n  b, // what\n});"),
        ("console.log('a', x, {\n  // why\n  b, // what\n});", "log('info', 'a', { x,\n  // why\n  b, // what\n});"),
        ("console.log('a', {\n  // why\n  b, // what\n}, x);", "log('info', 'a', {\n  // why\n  b, // what\n x });"),
        ("console.log('a', f({\n  b,\n}), c);", "log('info', 'a', { f: f({\n  b,\n}), c });"),
        ("console.log('a', { b: {\n  c,\n} }, d);", "log('info', 'a', { b: {\n  c,\n}, d });"),
    ]);
}

#[test]
fn what_becomes_a_field_in_a_call_over_several_lines() {
    OBJECT.check(&[
        ("console.log(\n  fmt('x', a),\n  b\n);", "logger.info(\n  'orders: fmt',\n  { fmt: fmt('x', a), b }\n);"),
        (
            "console.log('made', xs.length, 'notes', {\n  a,\n});",
            "logger.info('made … notes …', {\n  xsLength: xs.length,\n  a,\n});",
        ),
        ("console.log(\n  x,\n  'then',\n  y\n);", "logger.info(\n  'then',\n  { x, y }\n);"),
    ]);
}

#[test]
fn fields_that_are_too_long_for_a_line_get_several() {
    let long = "someQuiteLongNameOfAFunction(withAnArgument, andAnother)";
    OBJECT.check(&[
        (
            &format!("console.log(\n  'a',\n  {long},\n  other.{long},\n);"),
            &format!(
                "logger.info(\n  'a',\n  {{\n    someQuiteLongNameOfAFunction: {long},\n    otherSomeQuiteLongNameOfAFunction: other.{long},\n  }},\n);"
            ),
        ),
        (
            &format!("console.log('a', {long}, b.c, d.{long});"),
            &format!(
                "logger.info('a', {{ someQuiteLongNameOfAFunction: {long}, bC: b.c, dSomeQuiteLongNameOfAFunction: d.{long} }});"
            ),
        ),
    ]);
}

#[test]
fn comments_stay_where_they_are() {
    FUNCTION.check(&[
        (
            "console.log(/* a */ 'b' /* c */, /* d */ x /* e */);",
            "log(/* a */ 'info', 'b' /* c */, /* d */ { x } /* e */);",
        ),
        ("console.log('b', /* d */ x, /* e */ y);", "log('info', 'b', /* d */ { x, /* e */ y });"),
        ("console.log('b', /* d */ 'c', /* e */ y);", "log('info', 'b c', /* d */ /* e */ { y });"),
        ("console.log('b', y, 'c' /* d */);", "log('info', 'b … c', { y } /* d */);"),
        (
            "console.log(\n  // a\n  'b', // c\n  x, // d\n  // e\n);",
            "log(\n  // a\n  'info', 'b', // c\n  { x }, // d\n  // e\n);",
        ),
        (
            "console.log(\n  'b', // c\n  x, // d\n  y // e\n);",
            "log(\n  'info',\n  'b', // c\n  { x, // d\n  y } // e\n);",
        ),
        ("console.log(x /* a */);", "log('info', 'orders: x', { x } /* a */);"),
        ("console.log('a') // b\n", "log('info', 'a') // b\n"),
        ("/* a */ console.log('a' + /* b */ c + ':', d)", "/* a */ log('info', 'a' + /* b */ c, { d })"),
        ("console.log('a' + c + /* b */ ':', d)", "log('info', 'a' + c + /* b */ ':', { d })"),
        ("console.log('a', 'b', // c\n  d);", "log('info', 'a b', // c\n  { d });"),
        ("console.log('http://a//b', x);", "log('info', 'http://a//b', { x });"),
    ]);
}

#[test]
fn nothing_around_the_call_changes() {
    OBJECT.check(&[
        ("if (a) console.log('b')\nelse c()", "if (a) logger.info('b')\nelse c()"),
        ("a(); console.log('b'); c();", "a(); logger.info('b'); c();"),
        ("switch (a) { case 1: console.log('b'); break; }", "switch (a) { case 1: logger.info('b'); break; }"),
        ("label: console.log('b')", "label: logger.info('b')"),
        ("const x = 1\r\nconsole.log('b')\r\n", "const x = 1\r\nlogger.info('b')\r\n"),
        (
            "console.log('a', items.map((i) => { console.log('b', i); return i; }));",
            "logger.info('a', { items: items.map((i) => { logger.info('b', { i }); return i; }) });",
        ),
        (
            "console.log(`a ${f(() => { console.warn('b:', c); })}:`, d);",
            "logger.info(`a ${f(() => { logger.warn('b', { c }); })}`, { d });",
        ),
    ]);
}

#[test]
fn size_costs_no_stack() {
    let sum = vec!["'a' + b"; 3_000].join(" + ");
    let choice = vec!["c"; 3_000].join(" ?? ");
    let terms = vec!["1"; 3_000].join(" + ");
    let cases = vec!["c ? 'a' : "; 3_000].concat();
    // As many as a call may have.
    let many: Vec<String> = (0..63).map(|index| format!("v{index}")).collect();
    let many = many.join(", ");
    OBJECT.check(&[
        (&format!("console.log({sum}, x);"), &format!("logger.info({sum}, {{ x }});")),
        (&format!("console.log('a', {choice});"), &format!("logger.info('a', {{ c: {choice} }});")),
        (&format!("console.log('a', {terms} + c);"), &format!("logger.info('a', {{ c: {terms} + c }});")),
        (&format!("console.log('a', {cases}c);"), &format!("logger.info('a', {{ c: {cases}c }});")),
        (&format!("console.log('a', {many});"), &format!("logger.info('a', {{ {many} }});")),
    ]);
}
