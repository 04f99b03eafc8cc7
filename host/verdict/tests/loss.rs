//! No loss ever improves a verdict: frames are taken out of or damaged in random recordings.

mod tape;

use ichiscope_verdict::{Settings, Verdict, analyse};
use ichiscope_wire::Line;
use proptest::prelude::*;
use tape::{HZ, Tape, good, timeline};

const S: u64 = HZ as u64;

fn recording(outages: &[(u64, u64)]) -> Tape {
    let mut tape = Tape::new(good());
    let mut tick = 10 * S;
    for (wait, length) in outages {
        tick += wait;
        tape.rail(tick, false, 1000);
        tick += length;
        tape.rail(tick, true, 1000);
    }
    tape.run_to(tick + 20 * S);
    tape
}

fn verdict(frames: &[[u8; 19]]) -> Verdict {
    analyse(&timeline(frames), &Settings::default(), &[]).verdict
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_lost_makes_it_inconclusive_or_changes_nothing(
        outages in prop::collection::vec((2 * S..20 * S, S / 10..200 * S), 0..4),
        from in any::<prop::sample::Index>(),
        count in 1usize..600,
        flip in any::<Option<u8>>(),
    ) {
        let whole = recording(&outages);
        let clean = verdict(&whole.frames);
        let mut frames = whole.frames.clone();
        let from = from.index(frames.len());
        let to = (from + count).min(frames.len());
        match flip {
            Some(bit) => frames[from][usize::from(bit) % 18] ^= 1 << (bit % 7),
            None => { frames.drain(from..to); }
        }
        let hurt = verdict(&frames);
        let cut_at_an_end = flip.is_none() && (from == 0 || to == whole.frames.len());
        if !cut_at_an_end {
            prop_assert!(hurt >= Verdict::Inconclusive, "{clean} became {hurt}");
            prop_assert!(hurt == clean || hurt == Verdict::Inconclusive, "{clean} became {hurt}");
        } else {
            prop_assert!(hurt != Verdict::Fail || clean == Verdict::Fail);
        }
    }
}

/// Losing exactly 256 frames leaves the sequence numbers in order; the silence tells.
#[test]
fn a_whole_turn_of_the_sequence_is_seen() {
    let mut tape = Tape::new(good());
    tape.edge(10 * S, Line::Rail0, false).edge(210 * S, Line::Rail0, true).run_to(800 * S);
    let mut frames = tape.frames.clone();
    frames.drain(9..9 + 256);
    assert_eq!(verdict(&frames), Verdict::Inconclusive);
}
