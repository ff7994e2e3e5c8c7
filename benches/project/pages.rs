//! The frontend: pages of React, and modules.

use std::fmt::Write as _;

use super::console;
use super::random::Random;

/// A page of `parts` components.
pub fn page(random: &mut Random, number: usize, parts: usize, has_triggers: bool) -> String {
    let mut text = String::from(
        "import { useEffect, useState } from 'react';\nimport { useQuery } from '@tanstack/react-query';\n\n\
         import { Card, CardTitle } from '@/components/ui/card';\nimport { supabase } from '@/integrations/client';\n\n",
    );
    for part in 0..parts {
        let limit = random.below(50);
        let _ = write!(
            text,
            "/** Part {part} of page {number}. */\nexport function Part{part}({{ items, onPick }}: Props) {{\n  \
               const [open, setOpen] = useState<boolean>(false);\n  useEffect(() => {{\n    \
               async function load() {{\n      const {{ data: rows, error }} = await supabase.from('items').select('*').limit({limit});\n      \
               const row = rows?.[0];\n"
        );
        if has_triggers && (part == 0 || random.happens(1, 8)) {
            text.push_str(&console::statement(random, "      "));
        }
        // A lone `&` in the text of JSX is beyond the grammar: about 4% of the files have one.
        let and = if random.happens(1, 200) { "&" } else { "and" };
        let _ = write!(
            text,
            "      if (!error && row) setOpen(rows.length > {part});\n    }}\n    void load();\n  }}, [items]);\n  return (\n    \
             <Card className=\"p-4 flex items-center\" onClick={{() => onPick(items[0]?.id ?? '')}}>\n      \
             {{items.map((item) => (\n        <CardTitle key={{item.id}} className={{open ? 'font-bold' : 'text-muted'}}>\n          \
             {{item.name}} {and} {{item.count}}\n        </CardTitle>\n      ))}}\n    </Card>\n  );\n}}\n\n"
        );
    }
    text
}

/// A module of `parts` functions without JSX.
pub fn module(random: &mut Random, parts: usize, has_triggers: bool) -> String {
    let mut text = String::from("import { supabase } from '@/integrations/client';\n\n");
    for part in 0..parts {
        let limit = random.below(1000);
        let _ = write!(
            text,
            "export const fetch{part} = async (ids: string[], options: Options = {{}}): Promise<Row[]> => {{\n  \
               const {{ data: rows, error }} = await supabase\n    .from('rows_{limit}')\n    .select('id, name, total')\n    .in('id', ids)\n    \
               .order('name', {{ ascending: options.ascending ?? true }});\n  const row = rows?.[0];\n"
        );
        if has_triggers && (part == 0 || random.happens(1, 5)) {
            text.push_str(&console::statement(random, "  "));
        }
        text.push_str(
            "  if (error) throw error;\n  return rows.filter((it) => it.total > 0 || it.id === row?.id);\n};\n\n",
        );
    }
    text
}

/// Types of a database, as they are generated: about `bytes` of them.
pub fn types(bytes: usize) -> String {
    let mut text =
        String::from("export type Json = string | number | boolean | null;\n\nexport interface Database {\n");
    for table in 0.. {
        if text.len() > bytes {
            break;
        }
        let _ = write!(
            text,
            "  table_{table}: {{\n    Row: {{ id: string; created_at: string; total: number | null; data: Json }};\n    Insert: {{ id?: string; created_at?: string }};\n  }};\n"
        );
    }
    text + "}\n"
}
