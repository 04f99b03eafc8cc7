//! Bytes that the recording child and the test that reads after it agree upon.

/// The bytes of item `n`: its number, and then as many bytes that do not compress as make `len`.
pub fn item(n: u64, len: usize) -> Vec<u8> {
    let mut bytes = n.to_le_bytes().to_vec();
    let mut state = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.push(state as u8);
    }
    bytes
}
