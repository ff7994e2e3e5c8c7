//! What is wrong with a project's own helper, as far as its text shows.

use crate::project::{Project, RelPath};

/// What is wrong with the helper at `path` and with the modules that it imports, each as a clause.
pub fn of(project: &Project, path: &RelPath) -> Vec<&'static str> {
    let text = with_imports(project, path);
    let has = |word: &str| text.contains(word);
    let squeezed: String = text.split_whitespace().collect();
    let counts_at_once =
        ["incr", "INCR", "eval", "EVAL", "zadd", "ZADD", "Ratelimit", "rpc("].iter().any(|word| has(word));
    let reads_then_writes = [".get(", "get/", "'GET'", "\"GET\""].iter().any(|word| has(word))
        && [".set(", "set/", ".setex(", "'SET'", "\"SET\"", "SETEX"].iter().any(|word| has(word));
    // The first hop, or all of them as one key.
    let takes_header = squeezed.match_indices("x-forwarded-for").any(|(at, _)| {
        let rest = &squeezed[at..];
        let use_of_it = &rest[..rest.find(';').unwrap_or(rest.len())];
        let is_header = squeezed[..at].ends_with("get('") || squeezed[..at].ends_with("get(\"");
        is_header && (!use_of_it.contains(".split(") || use_of_it.contains("[0]"))
    });
    let checks = [
        (
            has("/pipeline") && squeezed.contains("JSON.stringify({"),
            "it posts an object to Redis' pipeline, which takes a list of commands",
        ),
        (
            reads_then_writes && !counts_at_once,
            "it reads a count and writes it back: requests that come together are counted once",
        ),
        (takes_header, "it tells callers apart by what they write into x-forwarded-for themselves"),
        (
            has("429") && !text.to_ascii_lowercase().contains("access-control-allow-origin") && !has("corsHeaders"),
            "its refusals (429) have no CORS headers, so that browsers don't show them",
        ),
    ];
    checks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, defect)| defect).collect()
}

/// The text of a module and of the project's modules that it imports.
fn with_imports(project: &Project, path: &RelPath) -> String {
    let Some(file) = project.parse(path) else { return String::new() };
    let imported = file.imports().statements.iter().filter(|import| !import.type_only);
    let modules = imported.filter_map(|import| project.resolver.resolve(path, &import.specifier));
    let others = modules.filter_map(|module| project.sources.read(&module).ok());
    others.fold(file.text.to_string(), |all, text| all + "\n" + &text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::Config;
    use crate::project::testing::{Tree, rel};

    fn defects(helper: &str) -> Vec<&'static str> {
        let path = "supabase/functions/_shared/rate-limit-wrapper.ts";
        let tree = Tree::new(&[(path, helper)]);
        of(&Project::open(&tree.path(""), Config::built_in()).unwrap(), &rel(path))
    }

    #[test]
    fn what_is_wrong_is_told() {
        let table = [
            ("fetch(`${url}/pipeline`, { body: JSON.stringify({ commands }) });", "pipeline"),
            ("const count = await redis.get(key); await redis.set(key, count + 1);", "reads a count"),
            ("const ip = req.headers.get('x-forwarded-for');", "x-forwarded-for"),
            ("const ip = req.headers.get('x-forwarded-for')?.split(',')[0];", "x-forwarded-for"),
            ("return new Response('no', { status: 429 });", "no CORS headers"),
        ];
        for (helper, expected) in table {
            let found = defects(helper);
            assert!(found.len() == 1 && found[0].contains(expected), "{helper}: {found:?}");
        }
    }

    #[test]
    fn what_is_right_is_not() {
        for helper in [
            "fetch(`${url}/pipeline`, { body: JSON.stringify([['INCR', key]]) });",
            "const count = await redis.incr(key); await redis.set(key, 1); await redis.get(key);",
            "const hops = req.headers.get('x-forwarded-for').split(','); const ip = hops.at(-1);",
            "return new Response('no', { status: 429, headers: { 'Access-Control-Allow-Origin': '*' } });",
        ] {
            assert_eq!(defects(helper), [""; 0], "{helper}");
        }
    }
}
