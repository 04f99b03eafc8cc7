//! `runs.parquet`: the rows of runs.csv with types, so that any engine can query thousands of them.

use std::sync::Arc;

use ::parquet::column::writer::ColumnWriter;
use ::parquet::data_type::ByteArray;
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use ichiscope_verdict::Verdict;

use crate::{Campaign, Run};

/// A column's cells; `None` is not known.
enum Column {
    Text(Vec<Option<String>>),
    Number(Vec<Option<i64>>),
    Flag(Vec<Option<bool>>),
}

/// The runs, worst first, then the captures that cannot be read: of those only name, verdict and reason are known.
pub(crate) fn runs_parquet(campaign: &Campaign) -> Result<Vec<u8>, ParquetError> {
    let columns = columns(campaign);
    let field = |(name, column): &(&str, Column)| match column {
        Column::Text(_) => format!("optional binary {name} (UTF8);"),
        Column::Number(_) => format!("optional int64 {name};"),
        Column::Flag(_) => format!("optional boolean {name};"),
    };
    let schema = format!("message runs {{ {} }}", columns.iter().map(field).collect::<Vec<_>>().join(" "));
    let schema = Arc::new(parse_message_type(&schema)?);
    let mut file =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(WriterProperties::builder().build()))?;
    let mut group = file.next_row_group()?;
    for (_, column) in &columns {
        let Some(mut writer) = group.next_column()? else { break };
        match (writer.untyped(), column) {
            (ColumnWriter::ByteArrayColumnWriter(w), Column::Text(cells)) => {
                let (values, known) = parts(cells, |text| ByteArray::from(text.as_str()));
                w.write_batch(&values, Some(&known), None)?;
            }
            (ColumnWriter::Int64ColumnWriter(w), Column::Number(cells)) => {
                let (values, known) = parts(cells, |n| *n);
                w.write_batch(&values, Some(&known), None)?;
            }
            (ColumnWriter::BoolColumnWriter(w), Column::Flag(cells)) => {
                let (values, known) = parts(cells, |flag| *flag);
                w.write_batch(&values, Some(&known), None)?;
            }
            _ => return Err(ParquetError::General("a column's type is not that of the schema".to_owned())),
        }
        writer.close()?;
    }
    group.close()?;
    file.into_inner()
}

/// The cells that are known, and for each cell whether it is.
fn parts<T, V>(cells: &[Option<T>], value: impl Fn(&T) -> V) -> (Vec<V>, Vec<i16>) {
    let known = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    (cells.iter().flatten().map(value).collect(), known)
}

fn columns(campaign: &Campaign) -> Vec<(&'static str, Column)> {
    let runs = campaign.worst_first();
    let unread = &campaign.unreadable;
    let blank = unread.len();
    let text = |of: &dyn Fn(&Run) -> Option<String>| {
        let known = runs.iter().map(|r| of(r));
        Column::Text(known.chain(std::iter::repeat_n(None, blank)).collect())
    };
    let number = |of: &dyn Fn(&Run) -> Option<u64>| {
        let known = runs.iter().map(|r| of(r).and_then(|n| i64::try_from(n).ok()));
        Column::Number(known.chain(std::iter::repeat_n(None, blank)).collect())
    };
    let flag = |of: &dyn Fn(&Run) -> Option<bool>| {
        let known = runs.iter().map(|r| of(r));
        Column::Flag(known.chain(std::iter::repeat_n(None, blank)).collect())
    };
    let told = |of: &dyn Fn(&Run) -> String, otherwise: &dyn Fn(&(String, String)) -> String| {
        let known = runs.iter().map(|r| Some(of(r)));
        Column::Text(known.chain(unread.iter().map(|u| Some(otherwise(u)))).collect())
    };
    let owned = |name: Option<&'static str>| name.map(str::to_owned);
    vec![
        ("capture", told(&|r| r.capture.clone(), &|u| u.0.clone())),
        ("created_utc_ns", number(&|r| Some(r.created_utc_ns))),
        ("simulated", flag(&|r| Some(r.simulated))),
        ("meter", text(&|r| r.meter.clone())),
        ("hub", text(&|r| r.hub.clone())),
        ("firmware_from", text(&|r| r.firmware_from.clone())),
        ("firmware_to", text(&|r| r.firmware_to.clone())),
        ("variant", text(&|r| owned(r.variant))),
        ("ch_band", text(&|r| owned(r.ch_band))),
        ("csp_region", text(&|r| owned(r.csp_region))),
        ("verdict", told(&|r| r.verdict.to_string(), &|_| Verdict::Inconclusive.to_string())),
        ("reasons", told(&|r| r.reasons.clone(), &|u| format!("cannot be read: {}", u.1))),
        ("outages", number(&|r| Some(r.outages as u64))),
        ("omitted", number(&|r| Some(r.omitted))),
        ("longest_ns", number(&|r| r.longest_ns)),
        ("longest_is_at_least", flag(&|r| r.longest_ns.map(|_| r.open))),
        ("expanded_uncertainty_ns", number(&|r| r.expanded_uncertainty_ns)),
        ("total_ns", number(&|r| r.total_ns)),
        ("gaps", number(&|r| Some(r.gaps as u64))),
        ("contradictions", number(&|r| Some(r.contradictions as u64))),
    ]
}
