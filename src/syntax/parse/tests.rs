//! What the masks mend, what they leave, and that a second parse is a first one.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::project::RelPath;

const CLEAN: [Range<usize>; 0] = [];

/// Every node: its kind and its range.
fn nodes(tree: &Tree) -> Vec<(&str, Range<usize>)> {
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    loop {
        found.push((cursor.node().kind(), cursor.node().byte_range()));
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

fn ranges_of<'t>(parsed: &Parsed, text: &'t str, kind: &str) -> Vec<&'t str> {
    nodes(&parsed.tree).into_iter().filter(|node| node.0 == kind).map(|node| &text[node.1]).collect()
}

fn edit(range: Range<usize>, text: &str) -> Edit {
    Edit { path: RelPath::new("a.tsx").unwrap(), range, text: text.to_owned() }
}

fn apply(text: &str, edits: &[Edit]) -> String {
    let mut after = String::new();
    let mut end = 0;
    for edit in edits {
        after.push_str(&text[end..edit.range.start]);
        after.push_str(&edit.text);
        end = edit.range.end;
    }
    after + &text[end..]
}

/// Asserts that a reparse gives the tree of a parse, and returns it with the text. (Masks that the grammar could
/// do without may differ.)
#[track_caller]
fn reparse(before: &str, dialect: Dialect, edits: &[Edit]) -> (Parsed, String) {
    let after = apply(before, edits);
    let (again, fresh) = (parse(before, dialect).reparse(before, &after, edits), parse(&after, dialect));
    assert_eq!(nodes(&again.tree), nodes(&fresh.tree), "{before:?}\n{after:?}");
    (again, after)
}

/// Replaces the first `from` by `to`.
#[track_caller]
fn replace(before: &str, from: &str, to: &str) -> (Parsed, String) {
    let at = before.find(from).unwrap();
    reparse(before, Dialect::Tsx, &[edit(at..at + from.len(), to)])
}

#[test]
fn a_clean_file_has_no_masks_and_no_errors() {
    let text = "const a = <p>A &amp; B {x & y}</p>;\nconsole.log('a & b')\n";
    let parsed = parse(text, Dialect::Tsx);
    assert_eq!((parsed.masks.as_slice(), parsed.errors()), ([].as_slice(), vec![]));
}

#[test]
fn a_hundred_places_are_mended_at_once() {
    let text = "const a = <p>A & B</p>;\nconsole.log(1);\n".repeat(100);
    let parsed = parse(&text, Dialect::Tsx);
    assert_eq!(parsed.errors(), CLEAN);
    assert_eq!(parsed.masks.len(), 100);
    assert_eq!(ranges_of(&parsed, &text, "call_expression"), ["console.log(1)"; 100]);
}

#[test]
fn a_long_text_is_mended_far_from_its_ends() {
    let text = format!("const a = <p>{}</p>;\n", "A & B\n".repeat(300));
    let parsed = parse(&text, Dialect::Tsx);
    assert_eq!((parsed.errors(), parsed.masks.len()), (vec![], 300));
}

#[test]
fn a_real_error_stays_and_masks_nothing() {
    let text = "f(a & );\nconst b = c & d;\nconst e = <p>{f & g}</p>;\nconsole.log(1);\n";
    let parsed = parse(text, Dialect::Tsx);
    assert_eq!(parsed.masks, []);
    assert!(!parsed.errors().is_empty());
    assert!(parsed.errors().iter().all(|range| range.end <= text.find('\n').unwrap()), "{:?}", parsed.errors());
    assert_eq!(ranges_of(&parsed, text, "call_expression").last(), Some(&"console.log(1)"));
}

#[test]
fn a_real_error_does_not_keep_others_from_being_mended() {
    let text = "f(a & );\nconst e = <p>A & B</p>;\nconst t = 'a & b';\n";
    let parsed = parse(text, Dialect::Tsx);
    let ampersand = text.find("& B").unwrap();
    assert_eq!(parsed.masks, [Mask { range: ampersand..ampersand + 1, shape: Shape::Ampersand }]);
    assert!(!parsed.errors().is_empty());
    assert!(parsed.errors().iter().all(|range| range.end <= text.find('\n').unwrap()), "{:?}", parsed.errors());
}

#[test]
fn a_missing_token_is_an_empty_range() {
    assert_eq!(parse("f(1;\n", Dialect::TypeScript).errors().first(), Some(&(3..3)));
}

#[test]
fn byte_order_mark_shebang_and_carriage_returns_keep_offsets_true() {
    for start in ["", "\u{feff}", "#!/usr/bin/env -S deno run\n", "\u{feff}#!/usr/bin/env -S deno run\r\n"] {
        for body in ["console.log(1)", "console.log(1)\r\nfoo()\r\n", "// a\u{2028}console.log(1)\n"] {
            let text = format!("{start}{body}");
            let parsed = parse(&text, Dialect::TypeScript);
            assert_eq!(parsed.errors(), CLEAN, "{text:?}");
            assert_eq!(ranges_of(&parsed, &text, "call_expression")[0], "console.log(1)", "{text:?}");
        }
    }
}

#[test]
fn deep_nesting_is_no_trouble() {
    let depth = 20_000;
    let text = format!("x = {}<p>A & B</p>{};\nconsole.log(1);\n", "(".repeat(depth), ")".repeat(depth));
    let parsed = parse(&text, Dialect::Tsx);
    assert_eq!((parsed.errors(), parsed.masks.len()), (vec![], 1));
    let broken = parse(&text.replace(");\n", "\n"), Dialect::Tsx);
    assert!(!broken.errors().is_empty());
}

#[test]
fn too_many_places_are_left_alone() {
    let parsed = parse(&"a = <p>A & B</p>;\n".repeat(MAX_MASKS + 1), Dialect::Tsx);
    assert_eq!(parsed.masks, []);
    assert!(!parsed.errors().is_empty());
}

#[test]
fn rows_follow_edits_across_lines() {
    let before = "a();\nb();\nc();\n";
    let edits = [edit(0..0, "x();\ny();\n"), edit(4..9, "")];
    let after = apply(before, &edits);
    let parsed = parse(before, Dialect::TypeScript).reparse(before, &after, &edits);
    let last = parsed.tree.root_node().child(3).unwrap();
    assert_eq!((&after[last.byte_range()], last.start_position()), ("c();", Point::new(3, 0)));
}

#[test]
fn masks_move_with_edits() {
    let before = "console.log(1);\nconst a = <p>A & B</p>;\nconst b = <p>C & D</p>;\n";
    let (parsed, after) = replace(before, "console.log(1);", "import { log } from './log';\nlog('info', 'é');");
    let masked: Vec<usize> = parsed.masks.iter().map(|mask| mask.range.start).collect();
    assert_eq!(masked, after.match_indices('&').map(|(at, _)| at).collect::<Vec<_>>());
    assert_eq!(replace(before, "A &", "AA &").0.masks.len(), 2);
    assert_eq!(replace(before, "& B", "&B").0.masks.len(), 2);
}

#[test]
fn masks_go_where_edits_take_what_was_masked() {
    let before = "const a = <p>A & B</p>;\nconst b = <p>C & D</p>;\n";
    assert_eq!(replace(before, "A & B", "A and B").0.masks.len(), 1);
    assert_eq!(replace(before, "& B", "&amp; B").0.masks.len(), 1);
    assert_eq!(replace(before, "<p>A & B</p>", "A & B").0.masks.len(), 1);
    assert_eq!(replace(before, "<p>A & B</p>", "{/* A & B */}").0.masks.len(), 1);
    assert_eq!(replace(before, "const b", "const b = <p>E & F</p>, c").0.masks.len(), 3);
}

#[test]
fn a_mask_goes_when_an_edit_beside_it_makes_the_text_readable() {
    let before = "const a = <p>A & B</p>;\n";
    assert_eq!(reparse(before, Dialect::Tsx, &[edit(16..16, "amp;")]).0.masks, []);
    let before = "let a: import('x').T[];\nlet b: import('y').U;\n";
    assert_eq!(reparse(before, Dialect::TypeScript, &[edit(20..22, "")]).0.masks, []);
    let before = "foo()\nin_x()\n";
    assert_eq!(reparse(before, Dialect::TypeScript, &[edit(5..5, ";")]).0.masks, []);
    assert_eq!(reparse(before, Dialect::TypeScript, &[edit(5..5, " // a")]).0.masks.len(), 1);
}

#[test]
fn edits_that_break_and_mend() {
    let before = "const a = <p>A & B</p>;\nconsole.log(1);\n";
    let (broken, _) = replace(before, "console.log(1);", "console.log(;");
    assert!(!broken.errors().is_empty());
    let (mended, _) = replace("const a = <p>A & B</p>;\nconsole.log(;\n", "log(;", "log();");
    assert_eq!(mended.errors(), CLEAN);
}

/// A text long enough to be read in parts: statements of many kinds, then the same again.
fn long_text() -> String {
    const STATEMENTS: &str = "import { a } from './a';\nexport async function f<T>(x: T[]): Promise<T | null> {\n  \
        for (const y of x) {\n    if (y < 3 && !g(y)) return null; // no more\n    console.log(`y ${y}`, /[/]x/g.test('é'));\n  }\n  \
        return (await h({ x, y: x?.[0] ?? 1 })) as T\n}\nclass B extends C { private d = <E,>(e: E) => e; get f() { return 1 } }\n\
        const g = (z) => z / 2\n/* said */ type H = { [K in keyof B]: B[K] };\nswitch (x) { case 'a': break; default: i() }\n";
    STATEMENTS.repeat(10)
}

#[test]
fn what_is_broken_in_one_place_is_read_again_there_only() {
    let text = long_text();
    let (mut parsed, mut before) = (parse(&text, Dialect::TypeScript), text);
    // A statement that isn't finished, in more and more places; then the first one is.
    let unfinished = |before: &str, nth: usize| before.match_indices("\nconst g").nth(nth).unwrap().0;
    let places = [unfinished(&before, 3), unfinished(&before, 9), unfinished(&before, 6)];
    let mut edits: Vec<Edit> = places.iter().map(|at| edit(*at..*at, "\nlet x = f(1,")).collect();
    edits.push(edit(places[0]..places[0] + "\nlet x = f(1,".len(), ""));
    for edit in edits {
        let edits = std::slice::from_ref(&edit);
        let after = apply(&before, edits);
        parsed = parsed.reparse_incrementally(&before, &after, edits, Care::Statements).unwrap();
        let fresh = parse(&after, Dialect::TypeScript);
        assert_eq!(nodes(&parsed.tree), nodes(&fresh.tree));
        assert_eq!(parsed.errors(), fresh.errors());
        assert!(!parsed.errors().is_empty());
        before = after;
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_read_as_if_at_once() {
    let text = "const g = 1;\n".repeat(20);
    let statement = "  const { data } = await db\n    .from('rows')\n    .select('id, name, total, kind, state, year, month, day')\n    \
        .eq('id', [id, name, total, kind, state, year, month, day])\n    .order('name', { ascending: true });\n";
    let before = format!("{text}async function f() {{\n{statement}  await g(a);\n}}\n{text}");
    let parsed = parse(&before, Dialect::TypeScript);
    for place in ["db", "from", "select", "eq", "order", "await g"] {
        for piece in ["<p>", "<p>()", "<p>.from()", "<p, q>(r)"] {
            let at = before.find(place).unwrap() + place.len();
            let edits = [edit(at..at, piece)];
            let after = apply(&before, &edits);
            let again = parsed.reparse_incrementally(&before, &after, &edits, Care::Statements).unwrap();
            assert_eq!(nodes(&again.tree), nodes(&parse(&after, Dialect::TypeScript).tree), "{after}");
        }
    }
}

#[test]
fn what_is_broken_all_over_is_read_from_scratch() {
    let before = "] x ) ".repeat(MAX_SKIPPED);
    let edits = [edit(0..0, "a")];
    let (parsed, after) = reparse(&before, Dialect::TypeScript, &edits);
    assert!(parsed.reparse_incrementally(&after, &format!("b{after}"), &[edit(0..0, "b")], Care::Statements).is_none());
}

/// A small generator of numbers (xorshift), so that a failing seed can be run again.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

#[test]
fn any_reparse_is_a_parse() {
    const TSX: &str = "\u{feff}import a from 'b'\nfunction A() {\n  console.log('é', a & b)\n  // A & B\n  return (\n    <div title=\"x & y\">\n      <p>A & B &amp; C && D</p>\n      {a && <b>Q&A</b>}\n      <a href=\"?a=1&b=2\">x</a>\n    </div>\n  )\n}\n";
    const TS: &str = "export type * from './a'\r\ninterface A<in T> {\n  abstract: string\n  in_stock: boolean\n  (x: T): void\n  <U>(y: U): void\n}\r\nfoo() // a\nin_x = `& ${x}`\nusing y: T = z()\nclass B { abstract = 1; accessor() { console.log(1) } }\n";
    const ROUNDS: usize = 100;
    const PIECES: [&str; 16] = [
        "&",
        " & ",
        "amp;",
        "x",
        " ",
        "\n",
        ";",
        "\"",
        "}",
        "<b>A & B</b>",
        "</b>",
        "// c\n",
        "in_x()\n",
        "console.log(1);\n",
        "let y: import('x').T<U>;\n",
        "é",
    ];
    for (text, dialect) in [(TSX, Dialect::Tsx), (TS, Dialect::TypeScript)] {
        assert_eq!(parse(text, dialect).errors(), CLEAN);
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let (mut random, mut incremental) = (Random(0x2545_f491_4f6c_dd1d), 0);
        for _ in 0..ROUNDS {
            let mut cuts: Vec<usize> = (0..1 + random.below(3)).map(|_| random.below(places.len())).collect();
            cuts.sort_unstable();
            cuts.dedup();
            let mut edits: Vec<Edit> = Vec::new();
            for (n, &cut) in cuts.iter().enumerate() {
                let limit = cuts.get(n + 1).copied().unwrap_or(places.len() - 1);
                let end = limit.min(cut + [0, 0, 1, 2, 8][random.below(5)]);
                edits.push(edit(places[cut]..places[end], ["", PIECES[random.below(PIECES.len())]][random.below(2)]));
            }
            let (_, after) = reparse(text, dialect, &edits);
            let again = parse(text, dialect).reparse_incrementally(text, &after, &edits, Care::Edits);
            incremental += usize::from(again.is_some());
        }
        assert!(incremental > ROUNDS / 10, "{incremental}");
    }
}

#[test]
fn whatever_is_typed_one_after_the_other_is_read_as_if_at_once() {
    const ROUNDS: usize = 6;
    const KEYSTROKES: usize = 8;
    const PIECES: [&str; 30] = [
        "//",
        " a",
        "\n",
        ";",
        "{",
        "}",
        "(",
        ")",
        "`",
        "${",
        "'",
        "\"",
        "/",
        "/*",
        "*/",
        "<",
        ">",
        "=>",
        "=",
        ",",
        "&",
        "if (a) {",
        "class A {",
        "async ",
        "?.",
        "@",
        "#",
        "é",
        "console.log(1);\n",
        "type ",
    ];
    let (mut random, mut broken, mut incremental) = (Random(0x9e37_79b9_7f4a_7c15), 0, 0);
    for round in 0..ROUNDS {
        let dialect = [Dialect::TypeScript, Dialect::Tsx][round % 2];
        let mut before = long_text();
        let mut parsed = parse(&before, dialect);
        for _ in 0..KEYSTROKES {
            let places: Vec<usize> = before.char_indices().map(|(at, _)| at).collect();
            let at = random.below(places.len());
            let end = places.len().min(at + [0, 0, 0, 1, 30][random.below(5)] + 1) - 1;
            let edits = [edit(places[at]..places[end], PIECES[random.below(PIECES.len())])];
            let after = apply(&before, &edits);
            let fresh = parse(&after, dialect);
            let is_incremental = parsed.reparse_incrementally(&before, &after, &edits, Care::Statements).is_some();
            parsed = parsed.retype(&before, &after, &edits);
            assert_eq!(nodes(&parsed.tree), nodes(&fresh.tree), "{before}\n{edits:?}");
            assert_eq!((parsed.errors(), &parsed.masks), (fresh.errors(), &fresh.masks));
            broken += usize::from(!parsed.errors().is_empty());
            incremental += usize::from(!parsed.errors().is_empty() && is_incremental);
            before = after;
        }
    }
    assert!(broken > ROUNDS * KEYSTROKES / 2, "{broken}");
    assert!(incremental > broken / 2, "{incremental} of {broken}");
}
