//! An impression of a long recording within a second: pieces of it here and there, where no index was kept.
//!
//! It is for the eye, until the recording has been read. No result is computed from it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use ichiscope_capture::{Item, Reader};
use ichiscope_timeline::{Builder, Timeline};

use crate::utc::UtcBuilder;
use crate::{Index, Overview};

/// Pieces at most.
const PIECES: u64 = 128;
/// When this is over, the pieces so far must do.
const BUDGET: Duration = Duration::from_millis(600);
/// The last piece lies so far before a file's end: more than a chunk and most summaries.
const BEFORE_END: u64 = 2 << 20;

/// An impression of the recording in these files; `None` if the pieces cannot be put on one axis.
///
/// The order of the pieces is from the coarse to the fine, so that it covers the whole even if the time runs out.
pub fn glance(files: &[PathBuf], clock_ppb: u32) -> Option<Index> {
    let lengths: Vec<u64> = files.iter().map(|file| std::fs::metadata(file).map_or(0, |m| m.len())).collect();
    let all: u64 = lengths.iter().sum();
    let begun = Instant::now();
    let mut pieces: Vec<(u64, Piece)> = Vec::new();
    for place in places(all) {
        if begun.elapsed() > BUDGET {
            break;
        }
        let found = in_file(files, &lengths, place);
        pieces.extend(found.and_then(|(file, at)| Piece::read(file, at)).map(|piece| (place, piece)));
    }
    pieces.sort_by_key(|(place, _)| *place);
    let mut pieces: Vec<Piece> = pieces.into_iter().map(|(_, piece)| piece).collect();
    // Two places may lead to the same chunk.
    pieces.dedup_by_key(|piece| piece.timeline.span());
    index(pieces, clock_ppb)
}

fn index(pieces: Vec<Piece>, clock_ppb: u32) -> Option<Index> {
    let tick_hz = pieces.iter().find_map(|piece| piece.timeline.tick_hz());
    let mut utc = UtcBuilder::new(clock_ppb);
    for piece in &pieces {
        if let (Some((_, tick)), Some(tick_hz)) = (piece.timeline.span(), tick_hz) {
            utc.received(tick, piece.host_ns, tick_hz, 0);
        }
    }
    let timelines: Vec<Timeline> = pieces.into_iter().map(|piece| piece.timeline).collect();
    let overview = Some(Overview::of_pieces(&timelines)?);
    Some(Index {
        overview,
        tick_hz,
        utc: utc.finish(),
        gaps: 0,
        is_damaged: false,
        finished: false,
        is_sampled: true,
    })
}

/// Places in the bytes of all files: begin and end, then the middle, the quarters and so on.
fn places(all: u64) -> impl Iterator<Item = u64> {
    let part = move |n: u64, of: u64| (u128::from(all) * u128::from(n) / u128::from(of)) as u64;
    let halves = (1..=PIECES.ilog2()).map(|depth| 1 << depth);
    let middles = halves.flat_map(move |of: u64| (1..of).step_by(2).map(move |n| part(n, of)));
    [0, all.saturating_sub(BEFORE_END)].into_iter().chain(middles)
}

fn in_file<'a>(files: &'a [PathBuf], lengths: &[u64], mut place: u64) -> Option<(&'a PathBuf, u64)> {
    for (file, length) in files.iter().zip(lengths) {
        if place < *length {
            return Some((file, place));
        }
        place -= length;
    }
    None
}

/// A chunk as an axis of its own.
struct Piece {
    timeline: Timeline,
    /// When the last of it was received.
    host_ns: u64,
}

impl Piece {
    /// The first whole chunk behind a place of a file that has a record in it.
    fn read(file: &PathBuf, at: u64) -> Option<Piece> {
        let mut builder = Builder::new();
        let mut received = None;
        for item in Reader::open(file).ok()?.chunk_near(at) {
            if let Item::Bytes { host_ns, bytes } = item {
                builder.bytes(host_ns, &bytes);
                received = Some(host_ns);
            }
        }
        let timeline = builder.into_timeline();
        timeline.span()?;
        Some(Piece { timeline, host_ns: received? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_cover_the_whole_from_the_coarse_to_the_fine() {
        let all = 1 << 30;
        let mut places: Vec<u64> = places(all).collect();
        assert_eq!(places[..5], [0, all - BEFORE_END, all / 2, all / 4, all / 4 * 3]);
        assert_eq!(places.len() as u64, PIECES + 1);
        places.sort_unstable();
        places.dedup();
        assert!(places.len() as u64 == PIECES + 1 && places.windows(2).all(|w| w[1] - w[0] <= all / PIECES));
        assert!(super::places(0).all(|place| place == 0));
    }
}
