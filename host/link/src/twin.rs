//! The twin: a behavioural model of the gateware that gives the same bytes.
