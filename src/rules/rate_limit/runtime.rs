//! The helper module that a fix brings along, with what phase2.toml says written into it.

use std::ops::Range;

use super::helper::{Argument, Helper, Style};
use crate::config::{Config, OnError, RateLimit, ServiceRole, Tenants, Tier};

/// The module, in wrapper style.
const WRAPPER: &str = include_str!("../../../rules/rate-limit/runtime/rate-limit-wrapper.ts");
/// Its `withRateLimit` in guard style.
const GUARD: &str = include_str!("../../../rules/rate-limit/runtime/guard.ts");

/// The module in wrapper style.
pub fn wrapper(config: &Config) -> String {
    let tiers: Vec<(&str, &Tier)> = config.rate_limit.tiers.iter().map(|(name, tier)| (name.as_str(), tier)).collect();
    with_options(&with_claim(WRAPPER, &config.tenants), &config.rate_limit, &tiers)
}

/// The module in the style of `helper`, with the tiers that it has: `tiers`, by its own names for them; `limits` is a type
/// of that module that its callers' limits may have.
pub fn in_place_of(helper: &Helper, config: &Config, tiers: &[(&str, &Tier)], limits: Option<&str>) -> String {
    let text = with_options(&with_claim(WRAPPER, &config.tenants), &config.rate_limit, tiers);
    let limit = limits.map_or("limit: RateLimit".to_owned(), |limits| format!("limit: RateLimit & {limits}"));
    let parameter = |argument: &Argument| match argument {
        Argument::Request => "req: Request",
        Argument::Name => "name: string",
        Argument::Limits => &limit,
        Argument::Handler => "handler: Handler<Rest>",
    };
    let parameters: Vec<&str> = helper.arguments.iter().map(parameter).collect();
    let function = between(&text, "/** A handler that answers 429", "\n}\n");
    match helper.style {
        Style::Wrapper => {
            let wrapped = parameters.join(",\n  ");
            text.replace("name: string,\n  limit: RateLimit,\n  handler: Handler<Rest>", &wrapped)
        }
        Style::Guard => {
            let guard = GUARD.replace("req: Request, name: string, limit: RateLimit", &parameters.join(", "));
            let text = format!("{}{guard}{}", &text[..function.start], &text[function.end..]);
            let calls = between(&text, "//   Deno.serve(withRateLimit('kb-search'", "}));\n//\n");
            let example = "//   const limited = await withRateLimit(req, 'kb-search', RateLimits.high);\n\
                           //   if (limited) return limited;\n//\n";
            let text = format!("{}{example}{}", &text[..calls.start], &text[calls.end..]);
            let handler = between(&text, "type Handler<Rest", ";\n\n");
            format!("{}{}", &text[..handler.start], &text[handler.end..])
        }
    }
}

/// `text`, a module that reads tokens, with what phase2.toml says of the claim and of the ids.
pub fn with_claim(text: &str, options: &Tenants) -> String {
    let claim = options.claim.get_ref();
    // The name of a claim may be a URL.
    let parts: Vec<&str> = if claim.contains("://") { vec![claim.as_str()] } else { claim.split('.').collect() };
    let parts: Vec<String> = parts.iter().map(|part| format!("'{part}'")).collect();
    let text = text.replace("TENANT_CLAIM = ['tenant_id']", &format!("TENANT_CLAIM = [{}]", parts.join(", ")));
    let is_uuid = |id: &str| id.len() == 36 && id.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    if options.ids.iter().all(|id| is_uuid(id.get_ref())) {
        return text;
    }
    text.replace("/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i", "/^[\\w-]{1,128}$/")
}

/// `text` with the tiers and the options of phase2.toml.
fn with_options(text: &str, options: &RateLimit, tiers: &[(&str, &Tier)]) -> String {
    let known = inside(text, "export const RateLimits = {\n", "} satisfies");
    let line = |(name, tier): &(&str, &Tier)| {
        let on_error = if tier.on_error == Some(OnError::Deny) { ", onError: 'deny'" } else { "" };
        format!("  {name}: {{ burst: {}, perMinute: {}{on_error} }},\n", tier.burst, tier.per_minute)
    };
    let mut lines: Vec<String> = tiers.iter().map(line).collect();
    // In the order of the module, as far as it has them.
    let place = |line: &String| text[known.clone()].find(line.split(':').next().unwrap_or_default());
    lines.sort_by_key(|line| place(line).unwrap_or(usize::MAX));
    let text = format!("{}{}{}", &text[..known.start], lines.concat(), &text[known.end..]);
    let settings = inside(&text, "export const rateLimitOptions: RateLimitOptions = {\n", "};\n");
    let service_role = if options.service_role == ServiceRole::Pass { "pass" } else { "count" };
    let stated = format!(
        "  addressHeader: '{}',\n  trustedHops: {},\n  serviceRole: '{service_role}',\n",
        options.address_header.get_ref(),
        options.trusted_hops
    );
    format!("{}{stated}{}", &text[..settings.start], &text[settings.end..])
}

/// From `start` to the end of the first `end` behind it.
fn between(text: &str, start: &str, end: &str) -> Range<usize> {
    let from = text.find(start).expect("the module has it");
    let to = text[from..].find(end).expect("the module has it");
    from..from + to + end.len()
}

/// What lies between `start` and the first `end` behind it.
fn inside(text: &str, start: &str, end: &str) -> Range<usize> {
    let range = between(text, start, end);
    range.start + start.len()..range.end - end.len()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::{Config, ConfigFile};

    #[test]
    fn what_phase2_toml_says_is_written_into_it() {
        let text = "[rate-limit]\naddress-header = 'x-real-ip'\ntrusted-hops = 2\nservice-role = 'count'\n\
                    [rate-limit.tiers.standard]\non-error = 'deny'\n[rate-limit.tiers.bulk]\nburst = 1\nper-minute = 5\n\
                    [tenants]\nclaim = 'org.id'\nids = ['acme']\n";
        let config = Config::parse(&ConfigFile::new("phase2.toml", text), &["rate-limit"]).unwrap();
        let (before, after) = (WRAPPER.lines(), wrapper(&config));
        let known: Vec<&str> = before.collect();
        let new: Vec<&str> = after.lines().filter(|line| !known.contains(line)).collect();
        assert_eq!(
            new,
            [
                "  standard: { burst: 10, perMinute: 100, onError: 'deny' },",
                "  bulk: { burst: 1, perMinute: 5 },",
                "  addressHeader: 'x-real-ip',",
                "  trustedHops: 2,",
                "  serviceRole: 'count',",
                "const TENANT_CLAIM = ['org', 'id'];",
                "const TENANT_ID = /^[\\w-]{1,128}$/;",
            ]
        );
    }

    #[test]
    fn the_built_in_options_give_the_module_as_it_lies_there() {
        assert_eq!(wrapper(&Config::built_in()), WRAPPER);
    }
}
