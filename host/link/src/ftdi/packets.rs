//! The framing of FTDI chips: every USB packet starts with two status bytes.

use crate::LinkEvent;

const STATUS_LEN: usize = 2;
/// Second status byte, bit 1: the chip's receive FIFO ran over.
const OVERRUN: u8 = 0x02;

/// Appends the payload of the packets in `transfer` and returns how many of its bytes are done with.
///
/// A packet that reports an overrun starts a new batch: when `bytes` has grown beyond `start` before it, the function
/// stops there, so that the event can stand before the bytes it belongs to. `packet_len` is the endpoint's maximum
/// packet size.
pub(super) fn take_packets(
    transfer: &[u8],
    packet_len: usize,
    start: usize,
    bytes: &mut Vec<u8>,
    events: &mut Vec<LinkEvent>,
) -> usize {
    let mut done = 0;
    for packet in transfer.chunks(packet_len.max(STATUS_LEN)) {
        if let Some((status, payload)) = packet.split_first_chunk::<STATUS_LEN>() {
            if status[1] & OVERRUN != 0 {
                if bytes.len() > start {
                    return done;
                }
                if events.last() != Some(&LinkEvent::ChipOverrun) {
                    events.push(LinkEvent::ChipOverrun);
                }
            }
            bytes.extend_from_slice(payload);
        }
        done += packet.len();
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A transfer as the chip sends it: full packets and a short one at the end, each with its status.
    fn transfer(payload: &[u8], packet_len: usize, overruns: &[usize]) -> Vec<u8> {
        let mut packets: Vec<&[u8]> = payload.chunks(packet_len - 2).collect();
        if payload.len().is_multiple_of(packet_len - 2) {
            packets.push(&[]);
        }
        let status = |i| if overruns.contains(&i) { 0x62 } else { 0x60 };
        packets.iter().enumerate().flat_map(|(i, p)| [&[0x32, status(i)], *p].concat()).collect()
    }

    proptest! {
        #[test]
        fn payload_survives_at_every_length(payload: Vec<u8>, small: bool) {
            let packet_len = if small { 64 } else { 512 };
            let (mut bytes, mut events) = (vec![7], Vec::new());
            let sent = transfer(&payload, packet_len, &[]);
            let done = take_packets(&sent, packet_len, 1, &mut bytes, &mut events);
            prop_assert_eq!(done, sent.len());
            prop_assert_eq!(&bytes[1..], &payload[..]);
            prop_assert!(events.is_empty());
        }
    }

    #[test]
    fn an_overrun_starts_a_new_batch() {
        let payload: Vec<u8> = (0..150).collect();
        let sent = transfer(&payload, 64, &[1]);
        let (mut bytes, mut events) = (Vec::new(), Vec::new());
        let done = take_packets(&sent, 64, 0, &mut bytes, &mut events);
        assert_eq!((done, bytes.len(), events.len()), (64, 62, 0));

        let rest = take_packets(&sent[done..], 64, bytes.len(), &mut bytes, &mut events);
        assert_eq!(events, [LinkEvent::ChipOverrun]);
        assert_eq!(done + rest, sent.len());
        assert_eq!(bytes, payload);
    }

    #[test]
    fn an_overrun_in_a_packet_without_payload_is_reported_once() {
        let sent = [0x32, 0x62];
        let (mut bytes, mut events) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            assert_eq!(take_packets(&sent, 64, 0, &mut bytes, &mut events), 2);
        }
        assert_eq!((bytes.len(), events), (0, vec![LinkEvent::ChipOverrun]));
    }

    #[test]
    fn a_packet_without_its_status_gives_nothing() {
        let (mut bytes, mut events) = (Vec::new(), Vec::new());
        assert_eq!(take_packets(&[0x32], 64, 0, &mut bytes, &mut events), 1);
        assert!(bytes.is_empty() && events.is_empty());
    }
}
