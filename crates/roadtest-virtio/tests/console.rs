// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Frames in the stream of a console.

use proptest::prelude::*;
use roadtest_virtio::console::{FRAME_MAX, FrameReader, TooLong, frame};

#[test]
fn a_frame_is_its_length_and_its_bytes() {
    assert_eq!(frame(b"ab"), Ok(vec![2, 0, 0, 0, b'a', b'b']));
    assert_eq!(frame(b""), Ok(vec![0; 4]));
}

#[test]
fn one_mebibyte_is_a_frame_and_one_byte_more_is_not() {
    let longest = vec![7; FRAME_MAX];
    let mut reader = FrameReader::new();
    reader.push(&frame(&longest).expect("a frame"));
    assert_eq!(reader.pop(), Ok(Some(longest)));
    let len = FRAME_MAX + 1;
    assert_eq!(frame(&vec![7; len]), Err(TooLong { len }));
    reader.push(&[1, 0, 0x10, 0]);
    assert_eq!(reader.pop(), Err(TooLong { len }));
    reader.push(&frame(b"late").expect("a frame"));
    assert_eq!(reader.pop(), Err(TooLong { len }));
    assert_eq!(reader.pending(), 0);
}

#[test]
fn a_cut_off_frame_is_pending() {
    let mut reader = FrameReader::new();
    reader.push(&[3, 0, 0, 0, 1]);
    assert_eq!(reader.pop(), Ok(None));
    assert_eq!(reader.pending(), 5);
    reader.push(&[2, 3]);
    assert_eq!(reader.pop(), Ok(Some(vec![1, 2, 3])));
    assert_eq!(reader.pending(), 0);
}

proptest! {
    #[test]
    fn frames_survive_any_cutting(
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..10),
        cut in 1..50usize,
    ) {
        let stream: Vec<u8> = frames.iter().flat_map(|f| frame(f).expect("short")).collect();
        let mut reader = FrameReader::new();
        let mut read = Vec::new();
        for piece in stream.chunks(cut) {
            reader.push(piece);
            while let Some(frame) = reader.pop().expect("short") {
                read.push(frame);
            }
        }
        prop_assert_eq!(read, frames);
        prop_assert_eq!(reader.pending(), 0);
    }

    #[test]
    fn any_stream_gets_an_answer(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..10)) {
        let mut reader = FrameReader::new();
        for piece in pieces {
            reader.push(&piece);
            while let Ok(Some(frame)) = reader.pop() {
                prop_assert!(frame.len() <= FRAME_MAX);
            }
        }
    }
}
