//! CSV evidence out of a verdict.
