//! Violations as diagnostics.

use std::path::Path;
use std::sync::Arc;

use gen_lsp_types as lsp;

use super::client::Client;
use super::documents::Documents;
use super::served::Complaint;
use super::text::Text;
use crate::project::RelPath;
use crate::report::{Finding, Report};

/// Who says so.
pub const SOURCE: &str = "phase2";

/// What `report` says of the file at `path`, whose text is `text`, in the project at `root`.
pub fn of_file(
    client: &Client,
    documents: &Documents,
    root: &Path,
    report: &Report,
    path: &RelPath,
    text: &str,
) -> Vec<lsp::Diagnostic> {
    let places = Text::new(text, client.encoding);
    let errors = report.errors.iter().filter(|problem| problem.path.as_ref() == Some(path));
    let errors = errors.map(|problem| error(lsp::Range::default(), problem.message.clone()));
    let findings = report.findings.iter().filter(|finding| finding.path == *path);
    let findings = findings.map(|finding| lsp::Diagnostic {
        related_information: client.can_relate.then(|| related(client, documents, root, report, finding)),
        ..of_finding(&places, finding)
    });
    errors.chain(findings).collect()
}

/// A violation, without other places.
pub fn of_finding(places: &Text<'_>, finding: &Finding) -> lsp::Diagnostic {
    let help = finding.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    lsp::Diagnostic {
        range: places.range(&finding.range),
        severity: Some(lsp::DiagnosticSeverity::Warning),
        code: Some(lsp::Code::String(finding.rule.to_owned())),
        source: Some(SOURCE.to_owned()),
        message: lsp::Message::String(format!("{}{help}", finding.message)),
        ..lsp::Diagnostic::default()
    }
}

/// What is wrong with a file that the project is run by.
pub fn of_complaint(client: &Client, complaint: &Complaint) -> lsp::Diagnostic {
    error(Text::new(&complaint.text, client.encoding).range(&complaint.range), complaint.message.clone())
}

fn error(range: lsp::Range, message: String) -> lsp::Diagnostic {
    lsp::Diagnostic {
        range,
        severity: Some(lsp::DiagnosticSeverity::Error),
        source: Some(SOURCE.to_owned()),
        message: lsp::Message::String(message),
        ..lsp::Diagnostic::default()
    }
}

fn related(
    client: &Client,
    documents: &Documents,
    root: &Path,
    report: &Report,
    finding: &Finding,
) -> Vec<lsp::DiagnosticRelatedInformation> {
    let places = finding.related.iter().filter_map(|place| {
        let text: &Arc<str> = report.texts.get(&place.path)?;
        let uri = client.uri_of(documents, &place.path.to_absolute(root))?;
        let range = Text::new(text, client.encoding).range(&place.range);
        Some(lsp::DiagnosticRelatedInformation {
            location: lsp::Location { uri, range },
            message: place.message.clone(),
        })
    });
    places.collect()
}
