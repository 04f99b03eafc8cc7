//! Parquet out: a row for each crossing or sight of a level, each begin and end of a phase and of a gap, in ticks.

use std::io::Write;
use std::sync::Arc;

use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use ichiscope_timeline::Timeline;
use ichiscope_verdict::Analysis;

use crate::ExchangeError;
use crate::moments::{Times, extent, gap_spans};

const SCHEMA: &str = "message edges {
    required int64 tick;
    required int64 tick_hz;
    required binary kind (UTF8);
    required binary name (UTF8);
    optional boolean level;
    required boolean gap;
}";
/// Rows written at a time.
const GROUP: usize = 1 << 20;

struct Row {
    tick: u64,
    kind: &'static str,
    name: &'static str,
    level: Option<bool>,
}

/// Writes the rows; `gap` is true where nothing is known.
///
/// # Errors
/// The tick rate is unknown, or the output refuses.
pub fn write_parquet(
    timeline: &Timeline,
    analysis: &Analysis,
    out: impl Write + Send,
) -> Result<Times, ExchangeError> {
    let (.., tick_hz) = extent(timeline)?;
    let rows = rows(timeline, analysis);
    let gaps = gap_spans(timeline);
    let is_gap = |tick: u64| {
        let after = gaps.partition_point(|(start, _)| *start <= tick);
        after > 0 && tick < gaps[after - 1].1
    };
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(WriterProperties::builder().build()))?;
    for group in rows.chunks(GROUP) {
        let mut columns = file.next_row_group()?;
        let ticks: Vec<i64> = group.iter().map(|r| r.tick as i64).collect();
        let rates = vec![tick_hz as i64; group.len()];
        for numbers in [ticks, rates] {
            if let Some(mut column) = columns.next_column()? {
                column.typed::<Int64Type>().write_batch(&numbers, None, None)?;
                column.close()?;
            }
        }
        for text in [|r: &Row| r.kind, |r: &Row| r.name] {
            let cells: Vec<ByteArray> = group.iter().map(|r| ByteArray::from(text(r))).collect();
            if let Some(mut column) = columns.next_column()? {
                column.typed::<ByteArrayType>().write_batch(&cells, None, None)?;
                column.close()?;
            }
        }
        let levels: Vec<bool> = group.iter().filter_map(|r| r.level).collect();
        let defined: Vec<i16> = group.iter().map(|r| i16::from(r.level.is_some())).collect();
        if let Some(mut column) = columns.next_column()? {
            column.typed::<BoolType>().write_batch(&levels, Some(&defined), None)?;
            column.close()?;
        }
        let in_gap: Vec<bool> = group.iter().map(|r| is_gap(r.tick)).collect();
        if let Some(mut column) = columns.next_column()? {
            column.typed::<BoolType>().write_batch(&in_gap, None, None)?;
            column.close()?;
        }
        columns.close()?;
    }
    file.close()?;
    Ok(Times::Exact)
}

fn rows(timeline: &Timeline, analysis: &Analysis) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in timeline.wired().iter() {
        rows.extend(timeline.track(line).entries().iter().map(|e| Row {
            tick: e.tick(),
            kind: if e.is_crossing() { "crossing" } else { "seen" },
            name: line.name(),
            level: Some(e.level()),
        }));
    }
    let mut span = |kinds: [&'static str; 2], name, ticks: [u64; 2]| {
        rows.extend(kinds.into_iter().zip(ticks).map(|(kind, tick)| Row { tick, kind, name, level: None }));
    };
    for p in &analysis.phases {
        span(["phase-begin", "phase-end"], p.kind.name(), [p.start_tick, p.end_tick]);
    }
    for g in timeline.gaps() {
        span(["gap-start", "gap-end"], g.cause.name(), [g.start_tick, g.end_tick]);
    }
    rows.extend(timeline.span().map(|(_, last)| Row { tick: last, kind: "end", name: "", level: None }));
    rows.sort_by_key(|r| r.tick);
    rows
}
