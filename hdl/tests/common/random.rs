//! Random inputs by proptest: repeated by a seed, made smaller within bounds, as many as the environment asks for.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use sha2::{Digest, Sha256};

/// Seed of the first case, a number; each further case has the next one.
pub const SEED: &str = "ICHISCOPE_SEED";
/// So many times the cases of CI, a number.
const TIMES: &str = "ICHISCOPE_CASES_TIMES";
/// To make it smaller, a case that fails is run so often at the most,
const SHRINKS: u32 = 3_000;
/// and for so long.
const SHRINK_MS: u32 = 180_000;

/// `test` holds for `cases` of `inputs`, or for as many times more as the environment asks for.
pub fn random<S: Strategy>(cases: u64, inputs: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let seed = number(SEED).unwrap_or_else(of_the_time);
    let cases = cases * number(TIMES).unwrap_or(1);
    println!("{SEED}={seed}: set this to repeat the {cases} cases");
    for seed in (0..cases).map(|case| seed.wrapping_add(case)) {
        let config = Config {
            cases: 1,
            failure_persistence: None,
            max_shrink_iters: SHRINKS,
            max_shrink_time: SHRINK_MS,
            ..Config::default()
        };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &Sha256::digest(seed.to_string()));
        let result = TestRunner::new_with_rng(config, rng).run(inputs, &test);
        result.unwrap_or_else(|failure| panic!("{SEED}={seed} begins with this case: {failure}"));
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text}: a number is needed")))
}

fn of_the_time() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    now.as_micros() as u64
}
