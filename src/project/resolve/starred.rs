//! A text with at most one `*` in it: the keys and the targets of `paths` in tsconfig.json.

/// A pattern such as `@/*` or `src/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Starred {
    prefix: String,
    /// What stands after the `*`; `None` if there is none.
    suffix: Option<String>,
}

impl Starred {
    pub(super) fn new(text: &str) -> Starred {
        match text.split_once('*') {
            Some((prefix, suffix)) => Starred { prefix: prefix.to_owned(), suffix: Some(suffix.to_owned()) },
            None => Starred { prefix: text.to_owned(), suffix: None },
        }
    }

    /// What the `*` stands for in `text` (nothing if the pattern has none); `None` if it doesn't match.
    pub(super) fn capture<'t>(&self, text: &'t str) -> Option<&'t str> {
        let rest = text.strip_prefix(self.prefix.as_str())?;
        match &self.suffix {
            Some(suffix) => rest.strip_suffix(suffix.as_str()).filter(|star| !star.is_empty()),
            None => rest.is_empty().then_some(rest),
        }
    }

    /// The pattern with `star` in the place of its `*`.
    pub(super) fn fill(&self, star: &str) -> String {
        match &self.suffix {
            Some(suffix) => format!("{}{star}{suffix}", self.prefix),
            None => self.prefix.clone(),
        }
    }

    /// Orders patterns: one without `*` before all others, then the longer prefix.
    pub(super) fn specificity(&self) -> (bool, usize) {
        (self.suffix.is_none(), self.prefix.len())
    }

    /// Whether it is a bare `*`.
    pub(super) fn takes_any(&self) -> bool {
        self.prefix.is_empty() && self.suffix.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_what_the_star_stands_for() {
        let capture = |pattern: &str, text: &str| Starred::new(pattern).capture(text).map(str::to_owned);
        assert_eq!(capture("@/*", "@/lib/x").as_deref(), Some("lib/x"));
        assert_eq!(capture("@/*", "@/"), None);
        assert_eq!(capture("packages/*/src", "packages/ui/src").as_deref(), Some("ui"));
        assert_eq!(capture("@app", "@app").as_deref(), Some(""));
        assert_eq!(capture("@app", "@app/x"), None);
        assert_eq!(Starred::new("@pkg/*/x").fill("ui"), "@pkg/ui/x");
        assert_eq!(Starred::new("@app").fill("ignored"), "@app");
    }
}
