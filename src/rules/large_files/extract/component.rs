//! The text of a component, and of what calls it.

use std::ops::Range;

use tree_sitter::Node;

use super::super::outline::any_below;
use super::free::Prop;
use super::region::Region;
use crate::syntax::source::SourceFile;

/// How long a line may be.
const WIDTH: usize = 100;

/// The component with the interface of its props.
pub fn text(file: &SourceFile, region: &Region<'_>, props: &[Prop], name: &str) -> String {
    let style = file.style();
    let (newline, indent) = (style.newline, style.indent.as_str());
    let end = if style.semicolons { ";" } else { "" };
    let mut text = String::new();
    if !props.is_empty() {
        text += &format!("interface {name}Props {{{newline}");
        for Prop { name, ty } in props {
            // A property that may be missing there is passed as undefined here.
            text += &format!("{indent}{name}: {}{end}{newline}", ty.text);
        }
        text += &format!("}}{newline}{newline}");
    }
    let names: Vec<&str> = props.iter().map(|prop| prop.name.as_str()).collect();
    let parameters = match names.as_slice() {
        [] => String::new(),
        names => {
            let line = format!("{{ {} }}: {name}Props", names.join(", "));
            if line.len() + name.len() + "export function () {".len() <= WIDTH {
                line
            } else {
                let lines: String = names.iter().map(|name| format!("{indent}{name},{newline}")).collect();
                format!("{{{newline}{lines}}}: {name}Props")
            }
        }
    };
    let body = if region.is_element() {
        indented(file, region, &indent.repeat(2))
    } else {
        let (outer, inner) = (indent.repeat(2), indent.repeat(3));
        format!("{outer}<>{newline}{}{newline}{outer}</>", indented(file, region, &inner))
    };
    text + &format!(
        "export function {name}({parameters}) {{{newline}{indent}return ({newline}{body}{newline}{indent}){end}{newline}}}"
    )
}

/// What stands in the region's place: `<VoiceControls isOn={isOn} />`.
pub fn call(file: &SourceFile, region: &Region<'_>, props: &[Prop], name: &str) -> String {
    let style = file.style();
    let key = region.key.clone().map(|key| file.text[key].trim().to_owned());
    let given = props.iter().map(|prop| format!("{0}={{{0}}}", prop.name));
    let attributes: Vec<String> = key.into_iter().chain(given).collect();
    if attributes.is_empty() {
        return format!("<{name} />");
    }
    let line = format!("<{name} {} />", attributes.join(" "));
    let column = region.range.start - file.line_start(region.range.start);
    if column + line.len() <= WIDTH {
        return line;
    }
    let own = file.indent_at(region.range.start);
    let lines: String =
        attributes.iter().map(|attribute| format!("{own}{}{attribute}{}", style.indent, style.newline)).collect();
    format!("<{name}{}{lines}{own}/>", style.newline)
}

/// The region's lines, the first of them with `indent` before it. Lines inside of strings stay as they are.
fn indented(file: &SourceFile, region: &Region<'_>, indent: &str) -> String {
    let own = file.indent_at(region.range.start);
    let strings = strings(region);
    let mut text = indent.to_owned();
    for place in region.places() {
        let mut at = place.start;
        for (number, line) in file.text[place.clone()].split_inclusive('\n').enumerate() {
            let is_in_string = strings.iter().any(|string| string.start < at && at < string.end);
            if number == 0 || is_in_string || line.trim().is_empty() {
                text.push_str(line);
            } else {
                text.push_str(indent);
                text.push_str(line.strip_prefix(own).unwrap_or_else(|| line.trim_start_matches([' ', '\t'])));
            }
            at += line.len();
        }
    }
    text
}

/// Where text stands whose blanks count.
fn strings(region: &Region<'_>) -> Vec<Range<usize>> {
    let mut strings = Vec::new();
    for node in &region.nodes {
        any_below(*node, &mut |it: Node<'_>| {
            if matches!(it.kind(), "template_string" | "string") {
                strings.push(it.byte_range());
            }
            false
        });
    }
    strings
}
