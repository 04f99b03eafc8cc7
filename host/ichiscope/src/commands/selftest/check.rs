//! One check and what came of it.

use serde::{Deserialize, Serialize};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Found {
    /// As it should be.
    Pass,
    /// Not as it should be.
    Fail,
    /// The board or the bench does not have it.
    Absent,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Check {
    pub(super) name: String,
    pub(crate) found: Found,
    pub(super) measured: String,
    pub(super) expected: String,
}

impl Check {
    pub(super) fn new(
        name: impl Into<String>,
        found: Found,
        measured: impl Into<String>,
        expected: impl Into<String>,
    ) -> Check {
        Check { name: name.into(), found, measured: measured.into(), expected: expected.into() }
    }

    pub(super) fn judged(
        name: impl Into<String>,
        is_good: bool,
        measured: impl Into<String>,
        expected: impl Into<String>,
    ) -> Check {
        Check::new(name, if is_good { Found::Pass } else { Found::Fail }, measured, expected)
    }

    pub(super) fn absent(name: impl Into<String>, why: impl Into<String>) -> Check {
        Check::new(name, Found::Absent, why, "")
    }

    /// For people.
    pub(super) fn line(&self) -> String {
        let found = match self.found {
            Found::Pass => "pass",
            Found::Fail => "FAIL",
            Found::Absent => "-",
        };
        let expected =
            if self.expected.is_empty() { String::new() } else { format!("; expected {}", self.expected) };
        format!("{:<4}  {:<22} {}{expected}\n", found, self.name, self.measured)
    }
}
