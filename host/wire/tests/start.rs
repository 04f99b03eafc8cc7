//! The START block against values written out by hand, both versions, and blocks with losses in them.

use ichiscope_wire::{
    Board, Configuration, Features, Identity, LineSet, START_PAGES, Start, StartBlock, StartCollector,
};

fn block() -> StartBlock {
    StartBlock {
        is_first: true,
        identity: Identity {
            protocol: 2,
            board_code: Board::IceStick as u8,
            tick_hz: 36_000_000,
            bitstream_id: 0xDEAD_BEEF,
            baud: 12_000_000,
            wired: LineSet::from_bits(0x7FF),
            fifo_depth: 256,
            heartbeat_log2: 21,
            deglitch_bits: 10,
            features: Features::from_bits(0x5D),
        },
        configuration: Configuration {
            deglitch_ticks: 9,
            console_clocks_per_bit: 312,
            ticks_per_sample: 36,
            sampling_point: 3,
            envelope_log2: 12,
            ring_log2: 10,
            window_before: 200,
            window_after: 800,
            threshold_falling: 0x801,
            threshold_rising: 0x912,
            honours_cts: true,
        },
        levels: LineSet::from_bits(7),
    }
}

fn collect(pages: impl IntoIterator<Item = Start>) -> Vec<StartBlock> {
    let mut collector = StartCollector::default();
    pages.into_iter().filter_map(|page| collector.push(page)).collect()
}

#[test]
fn twelve_pages_by_hand() {
    let expected = [
        0x010C_0302,
        36_000_000,
        0xDEAD_BEEF,
        12_000_000,
        0x007F_F007,
        9,
        0x0A15_0100,
        0x0001_005D,
        312,
        0x0A0C_0324,
        800 << 16 | 200,
        0x0091_2801,
    ];
    let pages: Vec<Start> = block().pages().collect();
    assert_eq!(pages.iter().map(|page| page.value).collect::<Vec<_>>(), expected);
    assert!(pages.iter().map(|page| page.page).eq(0..START_PAGES));
    assert_eq!(collect(pages), [block()]);
}

#[test]
fn eight_pages_of_version_1() {
    let values = [1 | 1 << 8 | 8 << 16, 36_000_000, 7, 3_000_000, 0x7FF << 12 | 5, 9, 256 | 21 << 16, 0];
    let pages = (0..).zip(values).map(|(page, value)| Start { page, value });
    let blocks = collect(pages.clone());
    let [block] = blocks.as_slice() else { panic!("{blocks:?}") };
    assert_eq!((block.identity.protocol, block.identity.features), (1, Features::NONE));
    assert_eq!(block.configuration, Configuration { deglitch_ticks: 9, ..Configuration::default() });
    assert_eq!(block.levels.bits(), 5);
    assert!(block.pages().eq(pages), "and written again");
}

#[test]
fn a_rate_beyond_32_bits_is_told_in_khz() {
    for tick_hz in [u64::from(u32::MAX), 10_000_000_000, u64::from(u32::MAX) * 1000] {
        let identity = Identity { tick_hz, ..block().identity };
        let blocks = collect(StartBlock { identity, ..block() }.pages());
        assert_eq!(blocks.first().map(|block| block.identity.tick_hz), Some(tick_hz));
    }
}

/// Pages of two blocks never make one, whichever page was lost.
#[test]
fn a_block_with_a_loss_is_no_block() {
    let other = StartBlock { configuration: Configuration::default(), ..block() };
    for lost in 0..START_PAGES {
        for lost_again in 0..START_PAGES {
            let first = block().pages().filter(move |page| page.page != lost);
            let second = other.pages().filter(move |page| page.page != lost_again);
            assert_eq!(collect(first.chain(second)), [], "without page {lost}, then without {lost_again}");
        }
        let first = block().pages().filter(move |page| page.page != lost);
        assert_eq!(collect(first.chain(other.pages())), [other]);
    }
}

#[test]
fn a_page_beyond_the_last_is_nothing() {
    assert_eq!(collect((0..16).map(|page| Start { page, value: u32::MAX })).len(), 1);
}
