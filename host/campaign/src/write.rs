//! The campaign's files: a row for each run, the phases' distributions, and the conclusion.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ichiscope_evidence::{EvidenceError, Sheet, optional, put_tables, statement};
use ichiscope_verdict::{PhaseKind, Verdict};
use serde_json::{Value, json};

use crate::parquet::runs_parquet;
use crate::report::report;
use crate::statistics::{covered_share, distribution, theil_sen};
use crate::{Campaign, Run};

/// Confidence of the tolerance bound.
const CONFIDENCE: f64 = 0.95;

/// Rows of cells under a header.
type Rows = Vec<Vec<String>>;

const RUNS: &[&str] = &[
    "capture",
    "created_utc_ns",
    "simulated",
    "meter",
    "hub",
    "firmware_from",
    "firmware_to",
    "variant",
    "ch_band",
    "csp_region",
    "verdict",
    "reasons",
    "outages",
    "omitted",
    "longest_ns",
    "bound",
    "expanded_uncertainty_ns",
    "total_ns",
    "gaps",
    "contradictions",
];
/// Column of the verdict in runs.csv; the reasons follow.
const VERDICT: usize = 10;
const PHASES: &[&str] = &["phase", "runs", "not_whole", "median_ns", "p95_ns", "p99_ns", "max_ns"];
const GROUPS: &[&str] = &[
    "meter",
    "variant",
    "firmware_from",
    "firmware_to",
    "runs",
    "worst",
    "median_ns",
    "p95_ns",
    "p99_ns",
    "max_ns",
];
const SUMMARY: &[&str] = &["name", "value", "unit"];

/// Writes `runs.csv`, `phases.csv`, `groups.csv`, `campaign.csv`, `runs.parquet` and `report.html` into `dir`, which is made if missing.
///
/// # Errors
/// A file cannot be written, or another campaign's would be overwritten.
pub fn write(dir: &Path, campaign: &Campaign) -> Result<Vec<PathBuf>, EvidenceError> {
    let sheet = |name, header, rows| Sheet { name, header, rows };
    let sheets = [
        sheet("runs.csv", RUNS, runs(campaign)),
        sheet("phases.csv", PHASES, phases(campaign)),
        sheet("groups.csv", GROUPS, groups(campaign)),
        sheet("campaign.csv", SUMMARY, summary(campaign)),
    ];
    let parquet = runs_parquet(campaign)
        .map_err(|error| EvidenceError::Encode { table: "runs.parquet", error: error.to_string() })?;
    let html = report(campaign, &sheets).into_bytes();
    put_tables(dir, &sheets, vec![("runs.parquet", parquet), ("report.html", html)])
}

fn runs(campaign: &Campaign) -> Rows {
    let read = campaign.worst_first().into_iter().map(|r| {
        vec![
            r.capture.clone(),
            r.created_utc_ns.to_string(),
            r.simulated.to_string(),
            optional(r.meter.as_ref()),
            optional(r.hub.as_ref()),
            optional(r.firmware_from.as_ref()),
            optional(r.firmware_to.as_ref()),
            optional(r.variant),
            optional(r.ch_band),
            optional(r.csp_region),
            r.verdict.name().to_owned(),
            r.reasons.clone(),
            r.outages.to_string(),
            r.omitted.to_string(),
            optional(r.longest_ns),
            optional(r.longest_ns.map(|_| if r.open { "at least" } else { "exact" })),
            optional(r.expanded_uncertainty_ns),
            optional(r.total_ns),
            r.gaps.to_string(),
            r.contradictions.to_string(),
        ]
    });
    let unread = campaign.unreadable.iter().map(|(name, why)| {
        let mut row = vec![String::new(); RUNS.len()];
        row[0].clone_from(name);
        row[VERDICT] = Verdict::Inconclusive.name().to_owned();
        row[VERDICT + 1] = format!("cannot be read: {why}");
        row
    });
    read.chain(unread).collect()
}

fn phases(campaign: &Campaign) -> Rows {
    let mut times: BTreeMap<PhaseKind, (Vec<u64>, usize)> = BTreeMap::new();
    for time in campaign.runs.iter().flat_map(|r| &r.phases) {
        let (whole, not_whole) = times.entry(time.kind).or_default();
        if time.whole {
            whole.push(time.ns);
        } else {
            *not_whole += 1;
        }
    }
    times
        .into_iter()
        .map(|(kind, (whole, not_whole))| {
            let d = distribution(&whole);
            vec![
                kind.name().to_owned(),
                whole.len().to_string(),
                not_whole.to_string(),
                optional(d.map(|d| d.median_ns)),
                optional(d.map(|d| d.p95_ns)),
                optional(d.map(|d| d.p99_ns)),
                optional(d.map(|d| d.max_ns)),
            ]
        })
        .collect()
}

/// One row for each meter, variant and pair of firmware versions.
fn groups(campaign: &Campaign) -> Rows {
    type Key<'a> = (Option<&'a String>, Option<&'static str>, Option<&'a String>, Option<&'a String>);
    let mut groups: BTreeMap<Key<'_>, Vec<&Run>> = BTreeMap::new();
    for r in &campaign.runs {
        let key = (r.meter.as_ref(), r.variant, r.firmware_from.as_ref(), r.firmware_to.as_ref());
        groups.entry(key).or_default().push(r);
    }
    groups
        .into_iter()
        .map(|((meter, variant, from, to), runs)| {
            let longest: Vec<u64> = runs.iter().filter_map(|r| r.longest_ns).collect();
            let d = distribution(&longest);
            vec![
                optional(meter),
                optional(variant),
                optional(from),
                optional(to),
                runs.len().to_string(),
                optional(runs.iter().map(|r| r.verdict).max()),
                optional(d.map(|d| d.median_ns)),
                optional(d.map(|d| d.p95_ns)),
                optional(d.map(|d| d.p99_ns)),
                optional(d.map(|d| d.max_ns)),
            ]
        })
        .collect()
}

/// The longest outage of each run that has one, oldest run first.
fn longest(campaign: &Campaign) -> Vec<u64> {
    campaign.runs.iter().filter_map(|r| r.longest_ns).collect()
}

fn summary(campaign: &Campaign) -> Rows {
    let values = longest(campaign);
    let verdict = campaign.verdict();
    let mut rows: Rows = Vec::new();
    let mut add =
        |name: &str, value: String, unit: &str| rows.push(vec![name.to_owned(), value, unit.to_owned()]);
    add("verdict", verdict.to_string(), "");
    add("statement", statement(verdict).to_owned(), "");
    add("rule", "the worst run decides".to_owned(), "");
    add("runs", campaign.runs.len().to_string(), "");
    add("unreadable", campaign.unreadable.len().to_string(), "");
    let simulated = campaign.runs.iter().filter(|r| r.simulated).count();
    add("simulated_runs", simulated.to_string(), "");
    for word in Verdict::ALL {
        let count = campaign.runs.iter().filter(|r| r.verdict == word).count();
        add(&format!("runs {word}"), count.to_string(), "");
    }
    let d = distribution(&values);
    add("longest_outage_median", optional(d.map(|d| d.median_ns)), "ns");
    add("longest_outage_p95", optional(d.map(|d| d.p95_ns)), "ns");
    add("longest_outage_p99", optional(d.map(|d| d.p99_ns)), "ns");
    add("longest_outage_max", optional(d.map(|d| d.max_ns)), "ns");
    add("tolerance_bound_confidence", format!("{CONFIDENCE:.2}"), "");
    add("share_of_runs_at_or_below_max", format!("{:.6}", covered_share(values.len(), CONFIDENCE)), "");
    add("trend", optional(theil_sen(&values).map(|s| format!("{s:.0}"))), "ns a run");
    rows
}

/// The campaign as JSON, for scripts.
pub fn campaign_json(campaign: &Campaign) -> Value {
    let run = |r: &Run| {
        json!({
            "capture": r.capture, "verdict": r.verdict.name(), "reasons": r.reasons, "outages": r.outages,
            "longest_ns": r.longest_ns, "open": r.open, "expanded_uncertainty_ns": r.expanded_uncertainty_ns,
            "total_ns": r.total_ns, "gaps": r.gaps, "simulated": r.simulated, "variant": r.variant,
            "contradictions": r.contradictions, "omitted": r.omitted,
        })
    };
    let values = longest(campaign);
    let d = distribution(&values);
    json!({
        "verdict": campaign.verdict().name(),
        "runs": campaign.worst_first().into_iter().map(run).collect::<Vec<_>>(),
        "unreadable": campaign.unreadable,
        "longest_outage": d.map(|d| json!({
            "runs": d.count, "median_ns": d.median_ns, "p95_ns": d.p95_ns, "p99_ns": d.p99_ns, "max_ns": d.max_ns,
        })),
        "covered_share": covered_share(values.len(), CONFIDENCE),
        "confidence": CONFIDENCE,
        "trend_ns_per_run": theil_sen(&values),
    })
}
