//! What is written type-checks as strictly as TypeScript can.

use std::fs;

use crate::harness::fix;
use crate::support::node;

/// Loggers, as `src/lib/logger.ts`.
const LOGGERS: [&str; 11] = [
    "export function log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) {}",
    "export const logger = { info(m: string, f?: object) {}, warn(...args: unknown[]) {}, error(m: string, f?: {}) {} };",
    "export const logger = { info(m: string, f: object) {}, warn(m: string) {}, error(m: string, error: unknown, f: object) {} };",
    "export const logger = { info(m: string, f = {}) {}, warn(m: string, f?: { [k: string]: any }) {}, error(m: string, e?: Error, f?: object) {} };",
    "export const logger = { info(m: string) {}, warn(m: string) {}, error(m: string, e: Error, f?: object) {} };",
    "interface Context { userId?: number; error?: string; details?: unknown; [key: string]: unknown }\n\
     export class Logger { static info(m: string, c?: Context) {} static warn(m: string, c?: Context) {} static error(m: string, c?: Context) {} }",
    "class L { info(m: string, d?: unknown) {} warn(m: string, d?: unknown) {} error(m: string, errorOrData?: Error | Record<string, unknown>) {} }\n\
     export function createLogger(context: { function: string }) { return new L(); }",
    "interface C { userId?: string }\n\
     export const logger = { info(m: string, c?: C) {}, warn<T extends Record<string, unknown>>(m: string, c?: T) {}, error(m: string, e?: Error | null, c?: C) {} };",
    "interface F { [key: string]: unknown }\n\
     export const logger = { info(m: string, f?: F) {}, warn(m: string, f?: F) {}, error(m: string, errorOrData?: Error | F, data?: F) {} };",
    "export const logger = { info(m: string, f?: object) {}, warn(m: string, f?: object) {}, error(m: string, e: Error | null, f?: object) {} };",
    "export const logger = { info(m: string, f?: object) {}, warn(m: string, f?: object) {}, error(m: string, e?: Error) {} };",
];

const CALLS: &str = "\
interface Row { id: string; created_at: string }
declare const user: Row;
declare const rows: Row[] | undefined;
declare const count: number;
declare const userId: string;
declare const message: string;
declare function load(): Promise<Row>;
declare const db: { from(table: string): Promise<{ data: Row | null; error: { message: string } | null }> };
declare const auth: { login(): Promise<{ error: string | null }> };
declare function useForm(): { error: string };
declare function query(): Promise<{ data: Row | null; error: { message: string } | null }>;

export async function orders() {
  try {
    console.log('Loaded:', user, rows?.[0]?.id, await load());
    console.log('User', user.id, userId, { userId, message });
    console.info({ user, count }, 'in', count * 2, 'ms');
    console.warn(`Slow ${user.id}:`, count, (await load()).created_at);
    console.warn('Rest', { ...user }, [user, rows], rows!.length as number);
    console.log(user);
    console.log('Nothing else');
    console.warn('Nothing else');
    const { data, error } = await query();
    if (error) console.error('Query failed:', error);
    if (error) console.error('Query failed:', error.message, data?.id);
    const { error: insertError } = await query();
    console.error('Insert:', insertError, count);
    const { error: selectError } = await db.from('rows');
    console.error('Select:', selectError);
    if (selectError) console.error('Select:', selectError, count);
    const { error: loginError } = await auth.login();
    console.error('Login:', loginError);
    const { error: formError } = useForm();
    console.error('Form:', formError);
  } catch (e) {
    console.error('Failed:', e);
    console.error('Failed:', e, user.id);
    console.error('Failed:', count, e);
    console.error(e);
    console.error(e instanceof Error ? e.message : e);
    console.error('Failed:', e instanceof Error ? e : undefined, String(e));
    console.error('Failed:', (e as Error).message, e as Error);
    console.error('Nothing else');
    console.warn('Failed:', e);
  }
  load().catch((e) => { console.error('Failed:', e); });
  load().catch((e: unknown) => { console.error('Failed:', e, user); });
  try { await load(); } catch (err: any) { console.error('Failed:', err, err.code); }
  const say = (problem: TypeError, other?: Error, none: Error | null = null) => {
    console.error('Failed:', problem);
    console.error('Failed:', other);
    console.error('Failed:', none, count);
  };
  function tell(error: string, dbError: { message: string }) {
    console.error('Failed:', error);
    console.error('Failed:', dbError, error);
  }
}
";

#[test]
fn nothing_new_for_the_compiler_to_say() {
    let folder = tempfile::tempdir().unwrap();
    let mut roots = Vec::new();
    for (index, logger) in LOGGERS.iter().enumerate() {
        let fixed = fix("", &[("src/lib/logger.ts", logger), ("src/orders.ts", CALLS)]);
        assert!(fixed.errors.is_empty(), "{fixed:#?}");
        let after = fixed.texts.get("src/orders.ts").unwrap();
        assert!(index > 1 || !after.contains("console."), "logger {index} takes all:\n{after}");
        let base = folder.path().join(index.to_string());
        fs::create_dir_all(base.join("lib")).unwrap();
        fs::write(base.join("lib/logger.ts"), logger).unwrap();
        fs::write(base.join("orders.ts"), after).unwrap();
        roots.push(base.join("orders.ts"));
    }
    let options = "--strict --noEmit --target es2022 --module esnext --moduleResolution bundler --lib es2022,dom";
    let mut tsc = node::tsc();
    tsc.args(options.split(' ')).args(roots).current_dir(folder.path());
    let output = tsc.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
