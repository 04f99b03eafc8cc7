//! Outages, phases, uncertainty, decision. Pure functions: no file, no screen, no clock.
