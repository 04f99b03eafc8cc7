//! Decoded records as one time axis in ticks: edges, levels, gaps, marks.
