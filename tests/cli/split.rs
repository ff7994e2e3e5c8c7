//! `phase2 split`: one file, by its declarations or by its JSX.

use crate::sandbox::Sandbox;

const PAGE: &str = "\
import { useState } from 'react';

interface Props {
  title: string;
  onClose?: () => void;
}

function shout(text: string): string {
  return text.toUpperCase();
}

let opened = 0;

function count(): number {
  opened += 1;
  return opened;
}

export function Page({ title, onClose }: Props) {
  const [name, setName] = useState('');
  const [user, setUser] = useState<{ id: string } | null>(null);
  const clear = () => setName('');

  return (
    <main>
      <h1>{shout(title)}</h1>
      {user && (
        <section>
          <p className={`a
  b`}>
            {user.id} {name} {shout(name)}
          </p>
          <input value={name} onChange={(event) => setName(event.target.value)} />
          <button onClick={clear}>Clear</button>
          <button onClick={onClose}>Close</button>
        </section>
      )}
      <footer onClick={() => setUser({ id: 'a' })}>{count()}</footer>
    </main>
  );
}
";

fn page() -> Sandbox {
    Sandbox::committed(&[("src/Page.tsx", PAGE), ("package.json", "{}\n")])
}

#[test]
fn takes_what_is_named_and_shows_the_same_as_a_patch() {
    let sandbox = page();
    let shown = sandbox.run(&["split", "src/Page.tsx", "--take", "shout", "--diff"]);
    assert_eq!(shown.status, 0, "{shown:?}");
    assert_eq!(sandbox.read("src/Page.tsx"), PAGE);
    let done = sandbox.run(&["split", "src/Page.tsx", "--take", "shout"]);
    assert_eq!(done.status, 0, "{done:?}");
    assert_eq!(
        sandbox.read("src/shout.ts"),
        "export function shout(text: string): string {\n  return text.toUpperCase();\n}\n"
    );
    let other = page();
    other.write("x.patch", shown.out);
    other.git(&["apply", "x.patch"]);
    assert_eq!(other.read("src/Page.tsx"), sandbox.read("src/Page.tsx"));
    assert_eq!(other.read("src/shout.ts"), sandbox.read("src/shout.ts"));
}

#[test]
fn makes_a_component_of_jsx() {
    let sandbox = page();
    let first = PAGE.lines().position(|line| line.contains("<section>")).unwrap() + 1;
    let last = PAGE.lines().position(|line| line.contains("</section>")).unwrap() + 1;
    let done = sandbox.run(&["split", "src/Page.tsx", "--extract", &format!("{first}-{last}"), "--as", "UserForm"]);
    assert_eq!(done.status, 0, "{done:?}");
    assert_eq!(
        sandbox.read("src/UserForm.tsx"),
        "\
import type { Dispatch, SetStateAction } from 'react';
import { shout } from './shout';

interface UserFormProps {
  user: { id: string };
  name: string;
  setName: Dispatch<SetStateAction<string>>;
  clear: () => void;
  onClose: (() => void) | undefined;
}

export function UserForm({ user, name, setName, clear, onClose }: UserFormProps) {
  return (
    <section>
      <p className={`a
  b`}>
        {user.id} {name} {shout(name)}
      </p>
      <input value={name} onChange={(event) => setName(event.target.value)} />
      <button onClick={clear}>Clear</button>
      <button onClick={onClose}>Close</button>
    </section>
  );
}
"
    );
    let left = sandbox.read("src/Page.tsx");
    let call = "<UserForm user={user} name={name} setName={setName} clear={clear} onClose={onClose} />";
    assert!(left.contains(&format!("      {{user && (\n        {call}\n      )}}\n")), "{left}");
    assert!(left.contains("import { shout } from './shout';\nimport { UserForm } from './UserForm';\n"), "{left}");
}

#[test]
fn what_can_not_be_done_is_refused_and_nothing_is_written() {
    let sandbox = page();
    let before = sandbox.files();
    let cases: [(&[&str], &str); 9] = [
        (&["--take", "count"], "`count` can't be taken out: it uses `opened`, which stays"),
        (&["--take", "shuot"], "declares no `shuot`"),
        (&["--take", "Page"], "the file is about it"),
        (&["--extract", "24-26", "--as", "Part"], "no whole element"),
        (&["--extract", "900-901", "--as", "Part"], "the file has"),
        (&["--extract", "25-25", "--as", "part"], "is no name of a component"),
        (&["--extract", "25-25", "--as", "Props"], "the file has a `Props` already"),
        (&["--extract", "38-38", "--as", "Part"], "it uses `count`, which stays"),
        (&["--extract", "9-3", "--as", "Part"], "give the first and the last line"),
    ];
    for (args, said) in cases {
        let run = sandbox.run(&[&["split", "src/Page.tsx"], args].concat());
        assert_eq!(run.status, 2, "{args:?}: {run:?}");
        let err = run.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(err.contains(said), "{args:?}: {err}");
        assert_eq!(sandbox.files(), before, "{args:?}");
    }
    let run = sandbox.run(&["split", "src"]);
    assert!(run.status == 2 && run.err.contains("name one file"), "{run:?}");
    sandbox.write("src/Page.tsx", format!("{PAGE}// changed\n"));
    let run = sandbox.run(&["split", "src/Page.tsx", "--take", "shout"]);
    assert!(run.status == 2 && run.err.contains("--allow-dirty"), "{run:?}");
}

#[test]
fn a_table_switches_the_rule_on() {
    let files = [("src/a.ts", "export const a = 1;\nexport const b = 2;\n")];
    let sandbox = Sandbox::committed(&files);
    assert_eq!(sandbox.run(&["check", "-q"]).status, 0);
    sandbox.write("phase2.toml", "[large-files]\nmax-lines = 1\n");
    let run = sandbox.run(&["check", "-q", "-o", "concise"]);
    assert!(run.status == 1 && run.out.contains("large-files"), "{run:?}");
    let status = sandbox.run(&["status"]);
    assert!(status.out.contains("large-files: 0 of 1 done") && status.out.contains("more than 1 lines"), "{status:?}");
    // What is accepted stays so while the file grows.
    assert_eq!(sandbox.run(&["baseline", "-q"]).status, 0);
    sandbox.write("src/a.ts", "export const c = 3;\nexport const a = 1;\nexport const b = 2;\n");
    let run = sandbox.run(&["check", "-q"]);
    assert_eq!(run.status, 0, "{run:?}");
    sandbox.write("phase2.toml", "rules = ['console']\n[large-files]\nmax-lines = 1\n");
    assert_eq!(sandbox.run(&["check", "-q", "--no-baseline"]).status, 0);
}
