//! The link test: a shift register whose states the host checks one after the other.

/// The state in the first LINK_TEST record.
pub const LINK_TEST_FIRST: u64 = 1;

const STATE_BITS: u32 = 36;

/// The state after `state`: Fibonacci register with taps 36 and 25, whose period is 2^36 - 1.
pub const fn link_test_next(state: u64) -> u64 {
    (state << 1 | (state >> 35 ^ state >> 24) & 1) & ((1 << STATE_BITS) - 1)
}
