//! What one analysis leaves to the next, of an axis that grows meanwhile.

use crate::interruption::Walk;

/// What an analysis found and need not find again: the next one then costs what is new on the axis.
///
/// It knows what it was made of. Handed over with another axis or other settings it is of no use, and does no harm: what it does not fit is
/// found anew.
#[derive(Debug, Default)]
pub struct Memo {
    /// By threshold.
    pub(crate) walks: Vec<Walk>,
}
