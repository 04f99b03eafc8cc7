//! The capture file: append, flush, index, recover.
