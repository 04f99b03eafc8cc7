//! The report: one HTML file that needs nothing else. Its first page answers whether it passed, by how much, how sure that is, in
//! which phase, and on what equipment. What the tool cannot know is a named blank.

mod answer;
mod conditions;
mod parts;
mod style;

use std::fmt::Write as _;

use crate::basis::Basis;
use crate::cells::escape;
use crate::picture::STYLE as PICTURE;
use crate::tables::Table;

/// So many rows of a table are printed; all of them are in the CSV file.
const MAX_ROWS: usize = 200;

/// A table with more columns than this is printed with its rows side by side, so many beside each other, and so many in all.
const MANY_COLUMNS: usize = 12;
const BESIDE: usize = 4;
const MAX_SIDE_ROWS: usize = 24;

/// The report of a recording.
pub(crate) fn report(basis: &Basis<'_>, tables: &[(&'static str, Table)]) -> String {
    let first = basis.captures.first();
    let name = escape(first.map_or("", |f| &f.name));
    let id = first.and_then(|f| f.sha256.get(..16)).unwrap_or("none");
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>ichiscope report {id}: {name}</title>\
         <style>{}{}@page{{@bottom-center{{content:\"Report {id} \\00b7 page \" counter(page) \" of \" counter(pages);\
         font:9px sans-serif}}}}</style></head><body>\n",
        style::STYLE,
        PICTURE
    );
    let _ = writeln!(
        html,
        "<header><div>Measurement report</div><div>Report {id}</div></header>\n\
         <h1>Supply outage of the Communications Hub during a firmware upgrade</h1>"
    );
    answer::answer(&mut html, basis);
    parts::pictures(&mut html, basis);
    parts::outages(&mut html, basis.analysis);
    parts::combined(&mut html, basis.analysis);
    parts::findings(&mut html, basis.analysis);
    parts::budget(&mut html, basis.analysis);
    parts::rule(&mut html, basis.analysis);
    conditions::equipment(&mut html, basis);
    conditions::settings(&mut html, basis);
    conditions::laboratory(&mut html, basis, id);
    let _ = writeln!(
        html,
        "<p>The results relate only to the items measured. This report must not be reproduced except in full. End of the report.</p>\n\
         <h2 class=\"annex\">Annex: all data</h2>\n<p>These tables are also in the CSV files beside this report; columns are explained in \
         docs/evidence.md of the program.</p>"
    );
    for (name, table) in tables {
        table_of(&mut html, name, table);
    }
    html += "</body></html>\n";
    html
}

/// A row of a table of two columns; a blank where the value is not known.
fn row(html: &mut String, name: &str, value: Option<&str>) {
    let cell = match value.filter(|v| !v.is_empty()) {
        Some(value) => format!("<td>{}</td>", escape(value)),
        None => "<td class=\"blank\">not stated</td>".to_owned(),
    };
    let _ = writeln!(html, "<tr><th>{}</th>{cell}</tr>", escape(name));
}

fn table_of(html: &mut String, name: &str, table: &Table) {
    let _ = writeln!(html, "<h3>{name}</h3>");
    if table.rows.is_empty() {
        *html += "<p>No rows.</p>\n";
        return;
    }
    if table.header.len() > MANY_COLUMNS {
        return side_by_side(html, name, table);
    }
    *html += "<div class=\"wide\"><table class=\"data\"><tr>";
    for cell in table.header {
        let _ = write!(html, "<th>{cell}</th>");
    }
    *html += "</tr>\n";
    for row in table.rows.iter().take(MAX_ROWS) {
        *html += "<tr>";
        for cell in row {
            let _ = write!(html, "<td>{}</td>", escape(cell));
        }
        *html += "</tr>\n";
    }
    *html += "</table></div>\n";
    left_out(html, name, table, MAX_ROWS);
}

/// A row becomes a column: a sheet of paper is not wide enough otherwise.
fn side_by_side(html: &mut String, name: &str, table: &Table) {
    let shown = table.rows.get(..table.rows.len().min(MAX_SIDE_ROWS)).unwrap_or_default();
    for rows in shown.chunks(BESIDE) {
        *html += "<table class=\"side\">\n";
        for (column, header) in table.header.iter().enumerate() {
            let _ = write!(html, "<tr><th>{header}</th>");
            for row in rows {
                let _ = write!(html, "<td>{}</td>", escape(row.get(column).map_or("", String::as_str)));
            }
            *html += "</tr>\n";
        }
        *html += "</table>\n";
    }
    left_out(html, name, table, MAX_SIDE_ROWS);
}

fn left_out(html: &mut String, name: &str, table: &Table, shown: usize) {
    if table.rows.len() > shown {
        let rows = table.rows.len();
        let _ = writeln!(html, "<p><b>The first {shown} of {rows} rows; the file {name} has all.</b></p>");
    }
}
