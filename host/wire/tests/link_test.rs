//! The link test's register runs through all its states.

use ichiscope_wire::{LINK_TEST_FIRST, link_test_next};

/// A linear map of 36 bits: where each bit goes.
type Map = [u64; 36];

fn apply(map: &Map, state: u64) -> u64 {
    map.iter().enumerate().filter(|(bit, _)| state >> bit & 1 == 1).fold(0, |sum, (_, image)| sum ^ image)
}

fn after(steps: u64) -> u64 {
    let mut power: Map = std::array::from_fn(|bit| link_test_next(1 << bit));
    let mut state = LINK_TEST_FIRST;
    for bit in 0..u64::BITS - steps.leading_zeros() {
        if steps >> bit & 1 == 1 {
            state = apply(&power, state);
        }
        power = std::array::from_fn(|bit| apply(&power, power[bit]));
    }
    state
}

/// The period divides 2^36 - 1 and none of its greatest proper divisors: it is 2^36 - 1.
#[test]
fn the_period_is_the_longest_possible() {
    let longest = (1 << 36) - 1;
    let primes = [3, 5, 7, 13, 19, 37, 73, 109];
    assert_eq!(primes.iter().product::<u64>() * 9, longest, "all its prime factors");
    assert_eq!(after(longest), LINK_TEST_FIRST);
    for prime in primes {
        assert_ne!(after(longest / prime), LINK_TEST_FIRST, "{prime}");
    }
    assert_eq!(after(5), 32);
}
