//! What goes to a logger's parameter for an error.

use crate::harness::{ERROR_ONLY, ERROR_OR_FIELDS, WITH_ERROR};

#[test]
fn any_value_that_is_called_an_error_goes_to_a_parameter_of_any_type() {
    WITH_ERROR.check(&[
        ("function f(err) { console.error('a', err); }", "function f(err) { logger.error('a', err); }"),
        ("const f = (e, x) => { console.error('a', x, e); };", "const f = (e, x) => { logger.error('a', e, { x }); };"),
        (
            "const insertError = 1; console.error('a', insertError);",
            "const insertError = 1; logger.error('a', insertError);",
        ),
        ("const { error } = f(); console.error('a', error);", "const { error } = f(); logger.error('a', error);"),
        (
            "const isError = 1; console.error('a', isError);",
            "const isError = 1; logger.error('a', undefined, { isError });",
        ),
        (
            "const hasAuthError = 1; console.error('a', hasAuthError);",
            "const hasAuthError = 1; logger.error('a', undefined, { hasAuthError });",
        ),
        (
            "function onError() {} console.error('a', onError);",
            "function onError() {} logger.error('a', undefined, { onError });",
        ),
        (
            "const getError = g(); console.error('a', getError());",
            "const getError = g(); logger.error('a', undefined, { getError: getError() });",
        ),
        (
            "class ParseError {} console.error('a', ParseError);",
            "class ParseError {} logger.error('a', undefined, { ParseError });",
        ),
        ("console.error('a', err.code);", "logger.error('a', undefined, { errCode: err.code });"),
        ("function f(err) { console.warn('a', err); }", "function f(err) { logger.warn('a', { err }); }"),
    ]);
}

#[test]
fn what_is_typed_as_an_error_is_passed_as_it_is() {
    ERROR_ONLY.check(&[
        ("try {} catch (e: any) { console.error('a', e); }", "try {} catch (e: any) { logger.error('a', e); }"),
        (
            "function f(err: Error) { console.error('a', err, x); }",
            "function f(err: Error) { logger.error('a', err, { x }); }",
        ),
        (
            "const f = (reason: TypeError) => { console.error('a', reason); };",
            "const f = (reason: TypeError) => { logger.error('a', reason); };",
        ),
        (
            "class A { f(error: any) { console.error('a', error); } }",
            "class A { f(error: any) { logger.error('a', error); } }",
        ),
        (
            "const failure: Error = g(); console.error('a', failure);",
            "const failure: Error = g(); logger.error('a', failure);",
        ),
        (
            "function f(data: any) { console.error('a', data); }",
            "function f(data: any) { logger.error('a', undefined, { data }); }",
        ),
        ("try {} catch (e) { console.error('a', e as Error); }", "try {} catch (e) { logger.error('a', e as Error); }"),
        (
            "const f = (e?: Error) => { console.error('a', e); };",
            "const f = (e?: Error) => { logger.error('a', e instanceof Error ? e : undefined, { e }); };",
        ),
    ]);
}

#[test]
fn what_may_be_no_error_is_told_apart_and_kept() {
    ERROR_ONLY.check(&[
        ("try {} catch (e) { console.error('a', e); }", "try {} catch (e) { logger.error('a', e instanceof Error ? e : undefined, { error: e }); }"),
        ("try {} catch (e) { console.error('a:', x, e); }", "try {} catch (e) { logger.error('a', e instanceof Error ? e : undefined, { x, error: e }); }"),
        ("try {} catch (error: unknown) { console.error(error); }", "try {} catch (error: unknown) { logger.error('orders failed', error instanceof Error ? error : undefined, { error }); }"),
        ("p.catch((e) => { console.error('a', e); });", "p.catch((e) => { logger.error('a', e instanceof Error ? e : undefined, { error: e }); });"),
        (
            "const { error } = await db.from('a').select(); console.error('a', error);",
            "const { error } = await db.from('a').select(); logger.error('a', error instanceof Error ? error : undefined, { error });",
        ),
        (
            "const { error: e } = await query; console.error('a', e);",
            "const { error: e } = await query; logger.error('a', e instanceof Error ? e : undefined, { error: e });",
        ),
        ("function f(e: PostgrestError | null) { console.error('a', e); }", "function f(e: PostgrestError | null) { logger.error('a', e instanceof Error ? e : undefined, { e }); }"),
        // Of these the type may be one that `instanceof` doesn't take.
        (
            "const { error } = await auth.login(); console.error('a', error);",
            "const { error } = await auth.login(); logger.error('a', undefined, { error });",
        ),
        (
            "try {} catch (e) { if (typeof e === 'string') console.error('a', e); }",
            "try {} catch (e) { if (typeof e === 'string') logger.error('a', undefined, { error: e }); }",
        ),
        (
            "type LoadError = string; const f = (e: LoadError) => { console.error('a', e); };",
            "type LoadError = string; const f = (e: LoadError) => { logger.error('a', undefined, { e }); };",
        ),
        ("const { error } = useForm(); console.error('a', error);", "const { error } = useForm(); logger.error('a', undefined, { error });"),
        ("const f = (e: string) => { console.error('a', e); };", "const f = (e: string) => { logger.error('a', undefined, { e }); };"),
        ("p.catch((e: string) => { console.error('a', e); });", "p.catch((e: string) => { logger.error('a', undefined, { error: e }); });"),
        ("const f = (Error) => { try {} catch (e) { console.error('a', e); } };", "const f = (Error) => { try {} catch (e) { logger.error('a', undefined, { error: e }); } };"),
        (
            "try {} catch (e) {\n  console.error(\n    'a',\n    e,\n  );\n}",
            "try {} catch (e) {\n  logger.error(\n    'a',\n    e instanceof Error ? e : undefined,\n    { error: e },\n  );\n}",
        ),
        (
            "try {} catch (e) { console.error('a', /* b */ e /* c */); }",
            "try {} catch (e) { logger.error('a', e instanceof Error ? e : undefined, /* b */ { error: e } /* c */); }",
        ),
    ]);
}

#[test]
fn fields_go_where_an_error_might_if_there_is_none() {
    ERROR_OR_FIELDS.check(&[
        ("console.error('a');", "logger.error('a');"),
        ("console.error('a', x);", "logger.error('a', { x });"),
        ("console.error('a', { x }, y);", "logger.error('a', { x, y });"),
        ("try {} catch (e: any) { console.error('a', e); }", "try {} catch (e: any) { logger.error('a', e); }"),
        (
            "try {} catch (e: any) { console.error('a', x, e); }",
            "try {} catch (e: any) { logger.error('a', e, { x }); }",
        ),
        (
            "try {} catch (e) { console.error('a', e, x); }",
            "try {} catch (e) { logger.error('a', e instanceof Error ? e : undefined, { error: e, x }); }",
        ),
    ]);
}
