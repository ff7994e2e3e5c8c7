//! A project's SQL, as far as words tell what a statement is about.

use std::ops::Range;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

/// A word, a name or a text of SQL.
#[derive(Debug)]
pub struct Piece {
    /// Its byte range.
    pub range: Range<usize>,
    /// In lower case; empty for what is no word.
    pub word: String,
    /// Whether it is a text between dollars.
    pub is_dollar: bool,
}

/// One statement.
#[derive(Debug)]
pub struct Statement {
    /// Its pieces, comments left out.
    pub tokens: Vec<Piece>,
}

/// The statements in a part of a text. What can't be read is none.
pub fn statements(text: &str, part: Range<usize>) -> Vec<Statement> {
    let sql = &text[part.clone()];
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location() else { return Vec::new() };
    let lines: Vec<usize> = std::iter::once(0).chain(sql.match_indices('\n').map(|(at, _)| at + 1)).collect();
    // Lines and columns count from 1, columns in characters.
    let offset = |line: u64, column: u64| {
        let start = lines.get(usize::try_from(line).unwrap_or(1).saturating_sub(1)).copied().unwrap_or(sql.len());
        let characters = sql[start..].char_indices().map(|(at, _)| at);
        let column = usize::try_from(column).unwrap_or(1).saturating_sub(1);
        part.start + start + characters.into_iter().nth(column).unwrap_or(sql.len() - start)
    };
    let mut all = vec![Statement { tokens: Vec::new() }];
    for TokenWithSpan { token, span } in tokens {
        let word = match &token {
            Token::SemiColon => {
                all.push(Statement { tokens: Vec::new() });
                continue;
            }
            Token::Whitespace(_) | Token::EOF => continue,
            Token::Word(word) => word.value.to_ascii_lowercase(),
            Token::Period => ".".to_owned(),
            _ => String::new(),
        };
        let range = offset(span.start.line, span.start.column)..offset(span.end.line, span.end.column);
        let is_dollar = matches!(token, Token::DollarQuotedString(_));
        if let Some(statement) = all.last_mut() {
            statement.tokens.push(Piece { range, word, is_dollar });
        }
    }
    all
}

/// The name at a place, without its schema and without what may stand before it.
pub fn name_at(words: &[&str], mut at: usize) -> Option<String> {
    while matches!(words.get(at).copied(), Some("if" | "not" | "exists" | "only")) {
        at += 1;
    }
    let mut name = words.get(at).filter(|word| !word.is_empty())?;
    while words.get(at + 1) == Some(&".") {
        at += 2;
        name = words.get(at)?;
    }
    Some((*name).to_owned())
}

/// The tables that the body of a function names.
pub fn tables(text: &str, range: Range<usize>) -> Vec<String> {
    let statements = statements(text, body_of(text, range));
    let words = statements.iter().flat_map(|statement| &statement.tokens).map(|token| token.word.as_str());
    of_clauses(&words.collect::<Vec<_>>())
}

/// The tables behind `from`, `into`, `update` and `join`.
pub fn of_clauses(words: &[&str]) -> Vec<String> {
    let starts = words.iter().enumerate().filter(|(_, word)| matches!(**word, "from" | "into" | "update" | "join"));
    let mut names: Vec<String> = starts.filter_map(|(at, _)| name_at(words, at + 1)).collect();
    names.sort();
    names.dedup();
    names
}

/// What lies between the dollars.
pub fn body_of(text: &str, range: Range<usize>) -> Range<usize> {
    let tag = text[range.clone()].char_indices().skip(1).find(|(_, letter)| *letter == '$').map_or(1, |(at, _)| at + 1);
    range.start + tag..range.end.saturating_sub(tag).max(range.start + tag)
}
