//! The analysis as JSON, for scripts. The keys are fixed in `docs/evidence.md`.

use ichiscope_replay::Recording;
use ichiscope_verdict::{Analysis, Outage};
use serde_json::{Value, json};

use crate::statement;
use crate::tables::members;

/// The analysis of a recording as one JSON object.
pub fn analysis_json(recording: &Recording, analysis: &Analysis) -> Value {
    json!({
        "tick_hz": analysis.tick_hz,
        "simulated": analysis.simulated,
        "imported": analysis.imported,
        "first_tick": analysis.span.map(|s| s.0),
        "last_tick": analysis.span.map(|s| s.1),
        "outages": analysis.outages.iter().map(outage).collect::<Vec<_>>(),
        "phases": analysis.phases.iter().map(phase).collect::<Vec<_>>(),
        "omitted": analysis.omitted.map(|o| json!({
            "count": o.count,
            "longest_ticks": o.longest_ticks,
            "sum_ticks": o.sum_ticks,
            "verdict": o.verdict.name(),
        })),
        "events": analysis.events.iter().map(|e| json!({
            "tick": e.tick,
            "uncertainty_ticks": e.uncertainty_ticks,
            "code": e.code.to_string(),
            "meaning": e.code.meaning(),
            "seconds": e.seconds,
            "source": e.source.name(),
        })).collect::<Vec<_>>(),
        "versions": analysis.versions.iter().map(|v| json!({"tick": v.tick, "text": v.text})).collect::<Vec<_>>(),
        "findings": analysis.findings.iter().map(|f| json!({
            "agreement": f.agreement.name(),
            "tick": f.tick,
            "text": f.text,
        })).collect::<Vec<_>>(),
        "variant": analysis.settings.variant.map(|v| v.name()),
        "gaps": analysis.gaps.iter().map(gap).collect::<Vec<_>>(),
        "combined": analysis.combined.map(|c| json!({
            "outage_ns": c.outage_ns,
            "ch_reboot_ns": c.ch_reboot_ns,
            "ch_reboot_measured": c.ch_reboot_measured,
            "total_ns": c.total_ns,
            "limit_ns": c.limit_ns,
        })),
        "verdict": analysis.verdict.name(),
        "reasons": analysis.reasons.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "statement": statement(analysis.verdict),
        "side_losses": recording.timeline.side_losses().iter().map(|l| json!({
            "what": l.kind.name(),
            "start_tick": l.start_tick,
            "end_tick": l.end_tick,
            "count": l.count,
        })).collect::<Vec<_>>(),
        "console_bytes": recording.timeline.console().len(),
        "stats": stats(recording),
        "file_damage": recording.damage.iter().map(|d| json!({
            "offset": d.offset,
            "bytes": d.bytes,
            "what": d.what,
            "loses_items": d.loses_items,
        })).collect::<Vec<_>>(),
        "file_finished": recording.finished,
    })
}

fn outage(o: &Outage) -> Value {
    let (kind, count, below_ticks) = members(o);
    json!({
        "line": o.threshold.line.name(),
        "threshold_mv": o.threshold.falling_mv,
        "restore_mv": o.threshold.rising_mv,
        "kind": kind,
        "count": count,
        "start_tick": o.start_tick,
        "end_tick": o.end_tick,
        "duration_ticks": o.duration_ticks,
        "duration_ns": o.duration_ns,
        "below_ticks": below_ticks,
        "open": o.is_open(),
        "open_start": o.open_start,
        "open_end": o.open_end,
        "gap": o.gap,
        "phases": o.phases.iter().map(|s| json!({"phase": s.kind.name(), "ticks": s.ticks})).collect::<Vec<_>>(),
        "below": o.below.iter().map(|b| json!({"line": b.line.name(), "ticks": b.ticks})).collect::<Vec<_>>(),
        "least_mv": o.least_mv,
        "slope_start_mv_per_s": o.edges.falling.map(|s| s.0 * 1e9),
        "slope_end_mv_per_s": o.edges.rising.map(|s| s.0 * 1e9),
        "verdict": o.verdict.name(),
        "reasons": o.reasons.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "margin_ns": o.margin_ns,
        "expanded_uncertainty_ns": o.expanded_uncertainty_ns,
        "budget": o.budget.terms.iter().map(|t| json!({
            "term": t.name,
            "bound_ns": t.bound_ns,
            "shape": t.shape.name(),
            "standard_ns": t.standard_ns(),
            "source": t.source.to_string(),
        })).collect::<Vec<_>>(),
        "ch_reboot_ns": o.ch_reboot_ns,
        "ch_reboot_measured": o.ch_reboot_measured,
    })
}

fn phase(p: &ichiscope_verdict::Phase) -> Value {
    json!({
        "phase": p.kind.name(),
        "source": p.source.name(),
        "start_tick": p.start_tick,
        "end_tick": p.end_tick,
        "open_start": p.open_start,
        "open_end": p.open_end,
        "uncertainty_ticks": p.uncertainty_ticks,
    })
}

fn gap(g: &ichiscope_timeline::Gap) -> Value {
    json!({
        "cause": g.cause.name(),
        "start_tick": g.start_tick,
        "end_tick": g.end_tick,
        "lost": (g.lost > 0).then_some(g.lost),
    })
}

fn stats(recording: &Recording) -> Value {
    let s = recording.timeline.stats();
    json!({
        "bytes": s.bytes,
        "frames": s.frames,
        "damaged_bytes": s.damaged_bytes,
        "lost_frames": s.lost_frames,
        "lost_edges": s.lost_edges,
        "glitches": s.glitches,
        "chip_overruns": s.chip_overruns,
        "restarts": s.restarts,
        "unknown_records": s.unknown_records,
    })
}
