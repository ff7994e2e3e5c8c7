//! Checkstyle's XML, which many editors and CI servers read.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};

use crate::report::position::Positions;
use crate::report::{Report, one_line};

/// Prints the violations, file by file.
///
/// # Errors
/// When `out` can't be written.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let positions = Positions::new(report);
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut root = BytesStart::new("checkstyle");
    root.push_attribute(("version", "4.3"));
    xml.write_event(Event::Start(root))?;
    for findings in report.findings.chunk_by(|a, b| a.path == b.path) {
        let path = &findings[0].path;
        let mut file = BytesStart::new("file");
        file.push_attribute(("name", path.as_str()));
        xml.write_event(Event::Start(file))?;
        for finding in findings {
            let start = positions.at(path, finding.range.start);
            let mut error = BytesStart::new("error");
            error.push_attribute(("line", start.line.to_string().as_str()));
            error.push_attribute(("column", start.column.to_string().as_str()));
            error.push_attribute(("severity", "error"));
            error.push_attribute(("message", one_line(&finding.message).as_str()));
            error.push_attribute(("source", format!("phase2.{}", finding.rule).as_str()));
            xml.write_event(Event::Empty(error))?;
        }
        xml.write_event(Event::End(BytesEnd::new("file")))?;
    }
    xml.write_event(Event::End(BytesEnd::new("checkstyle")))?;
    writeln!(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::samples::{finding, report};

    #[test]
    fn what_xml_can_not_hold_is_escaped() {
        let text = "console.log(1)";
        let mut found = finding("a&b.ts", text, text);
        found.message = "\"quoted\" <b>".into();
        let mut out = Vec::new();
        write(&mut out, &report(vec![found], &[("a&b.ts", text)])).unwrap();
        let xml = String::from_utf8(out).unwrap();
        assert!(xml.contains("<file name=\"a&amp;b.ts\">"), "{xml}");
        assert!(xml.contains("message=\"&quot;quoted&quot; &lt;b&gt;\" source=\"phase2.console\"/>"), "{xml}");
    }
}
