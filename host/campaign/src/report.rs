//! The campaign's report: one HTML file with the answer, the distribution of the longest outages as a picture, and the tables.

use std::fmt::Write as _;

use ichiscope_evidence::{Sheet, escape, seconds, statement};

use crate::Campaign;

const NS_PER_S: u64 = 1_000_000_000;
/// Rows of a table that are printed; the CSV file has all.
const MAX_ROWS: usize = 200;
const WIDTH: u64 = 1000;
const HEIGHT: u64 = 260;
/// Left of the plot, and below it.
const MARGIN: u64 = 50;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:24px auto;padding:0 20px;color:#14181c}\
h2{font-size:19px;margin:1.6em 0 .5em;border-bottom:2px solid #c9d1d8}\
table{border-collapse:collapse;font-size:12px}td,th{border-bottom:1px solid #c9d1d8;padding:3px 10px 3px 0;text-align:left;vertical-align:top}\
.wide{overflow-x:auto}.word{font-size:34px;font-weight:800}svg{width:100%;height:auto;border:1px solid #c9d1d8}text{font:12px system-ui,sans-serif}\
.dot{fill:#0a3d62}.limit{stroke:#b3261e;stroke-width:1.6;stroke-dasharray:6 3}.axis{stroke:#c9d1d8}\
@media print{body{margin:0;max-width:none}tr,svg{break-inside:avoid}table{font-size:8px}}";

/// The report of a campaign; `sheets` are the tables as they are written.
pub(crate) fn report(campaign: &Campaign, sheets: &[Sheet]) -> String {
    let verdict = campaign.verdict();
    let worst = campaign.worst_first().first().map_or("", |r| r.capture.as_str()).to_owned();
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>ichiscope campaign</title><style>{STYLE}</style></head><body>\n\
         <h1>Supply outages of the Communications Hub: {} runs</h1>\n<p class=\"word\">{verdict}</p>\n<p>{}. The worst run decides; it is {}.</p>\n",
        campaign.runs.len() + campaign.unreadable.len(),
        escape(statement(verdict)),
        escape(&worst),
    );
    let simulated = campaign.runs.iter().filter(|r| r.simulated).count();
    if simulated > 0 {
        let _ = writeln!(
            html,
            "<p><b>{simulated} of the runs are SIMULATED: their data come from a model.</b></p>"
        );
    }
    if !campaign.unreadable.is_empty() {
        let _ = writeln!(
            html,
            "<p><b>{} captures cannot be read: nothing is known of these runs.</b></p>",
            campaign.unreadable.len()
        );
    }
    html += "<h2>Longest outage of each run, oldest run first</h2>\n";
    html += &picture(campaign);
    for sheet in sheets.iter().rev() {
        table(&mut html, sheet);
    }
    html += "</body></html>\n";
    html
}

/// A dot for each run, and the limit of 180 s.
fn picture(campaign: &Campaign) -> String {
    const LIMIT_NS: u64 = 180 * NS_PER_S;
    let longest: Vec<Option<u64>> = campaign.runs.iter().map(|r| r.longest_ns).collect();
    let top = longest.iter().flatten().copied().max().unwrap_or(0).max(LIMIT_NS).saturating_mul(11) / 10;
    let y = |ns: u64| {
        (HEIGHT - MARGIN) - (u128::from(ns) * u128::from(HEIGHT - MARGIN - 10) / u128::from(top)) as u64
    };
    let x =
        |i: usize| MARGIN + (i as u64 * 2 + 1) * (WIDTH - MARGIN - 10) / (longest.len().max(1) as u64 * 2);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Longest outage of each run\">\n"
    );
    for n in 0..=4 {
        let ns = top / 4 * n;
        let _ = writeln!(
            svg,
            "<path class=\"axis\" d=\"M{MARGIN} {0}H{1}\"/><text x=\"4\" y=\"{2}\">{3} s</text>",
            y(ns),
            WIDTH - 10,
            y(ns) + 4,
            ns / NS_PER_S
        );
    }
    let _ = writeln!(
        svg,
        "<path class=\"limit\" d=\"M{MARGIN} {0}H{1}\"/><text x=\"{2}\" y=\"{3}\">180 s</text>",
        y(LIMIT_NS),
        WIDTH - 10,
        WIDTH - 50,
        y(LIMIT_NS) - 4
    );
    for (i, (ns, run)) in longest.iter().zip(&campaign.runs).enumerate() {
        let Some(ns) = ns else { continue };
        let _ = writeln!(
            svg,
            "<circle class=\"dot\" cx=\"{}\" cy=\"{}\" r=\"3\"><title>{} {} s {}</title></circle>",
            x(i),
            y(*ns),
            escape(&run.capture),
            seconds(*ns, NS_PER_S),
            run.verdict
        );
    }
    svg + "</svg>\n<p>Runs without an outage have no dot. Dashed: the limit.</p>\n"
}

fn table(html: &mut String, sheet: &Sheet) {
    let _ = write!(html, "<h2>{}</h2>\n<div class=\"wide\"><table><tr>", sheet.name);
    for cell in sheet.header {
        let _ = write!(html, "<th>{cell}</th>");
    }
    *html += "</tr>\n";
    for row in sheet.rows.iter().take(MAX_ROWS) {
        *html += "<tr>";
        for cell in row {
            let _ = write!(html, "<td>{}</td>", escape(cell));
        }
        *html += "</tr>\n";
    }
    *html += "</table></div>\n";
    if sheet.rows.len() > MAX_ROWS {
        let _ = writeln!(
            html,
            "<p>The first {MAX_ROWS} of {} rows; the file {} has all.</p>",
            sheet.rows.len(),
            sheet.name
        );
    }
}
