//! SipHash-2-4, the keyed function inside the reference cipher.
//!
//! After J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF" (2012). The standard library's hasher is not
//! used because it promises no particular algorithm, and a printed reference must mean the same for ever.

/// Rounds after each block of the message: the 2 of SipHash-2-4.
const COMPRESSION_ROUNDS: usize = 2;
/// Rounds at the end: the 4 of SipHash-2-4.
const FINALIZATION_ROUNDS: usize = 4;

/// The 64-bit SipHash-2-4 of `message` under `key`.
pub fn siphash(key: &[u8; 16], message: &[u8]) -> u64 {
    let mut state = initial_state(u128::from_le_bytes(*key));
    let (blocks, rest) = message.as_chunks::<8>();
    for block in blocks {
        compress(&mut state, u64::from_le_bytes(*block));
    }
    compress(&mut state, last_block(rest, message.len()));
    state.2 ^= 0xff;
    for _ in 0..FINALIZATION_ROUNDS {
        sip_round(&mut state);
    }
    state.0 ^ state.1 ^ state.2 ^ state.3
}

type State = (u64, u64, u64, u64);

/// The paper's constants spell "somepseudorandomlygeneratedbytes".
fn initial_state(key: u128) -> State {
    let (low, high) = (key as u64, (key >> 64) as u64);
    (
        low ^ 0x736f_6d65_7073_6575,
        high ^ 0x646f_7261_6e64_6f6d,
        low ^ 0x6c79_6765_6e65_7261,
        high ^ 0x7465_6462_7974_6573,
    )
}

/// The bytes that fill no block, with the message's length modulo 256 in the topmost byte.
fn last_block(rest: &[u8], message_bytes: usize) -> u64 {
    let tail = rest
        .iter()
        .rev()
        .fold(0, |tail, byte| tail << 8 | u64::from(*byte));
    (message_bytes as u64) << 56 | tail
}

fn compress(state: &mut State, block: u64) {
    state.3 ^= block;
    for _ in 0..COMPRESSION_ROUNDS {
        sip_round(state);
    }
    state.0 ^= block;
}

fn sip_round((v0, v1, v2, v3): &mut State) {
    *v0 = v0.wrapping_add(*v1);
    *v1 = v1.rotate_left(13) ^ *v0;
    *v0 = v0.rotate_left(32);
    *v2 = v2.wrapping_add(*v3);
    *v3 = v3.rotate_left(16) ^ *v2;
    *v0 = v0.wrapping_add(*v3);
    *v3 = v3.rotate_left(21) ^ *v0;
    *v2 = v2.wrapping_add(*v1);
    *v1 = v1.rotate_left(17) ^ *v2;
    *v2 = v2.rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(message_bytes: u8, expected: u64) {
        let key = std::array::from_fn(|at| at as u8);
        let message: Vec<u8> = (0..message_bytes).collect();
        assert_eq!(
            siphash(&key, &message),
            expected,
            "message of {message_bytes} bytes"
        );
    }

    /// 15 bytes is the worked example of the paper's appendix A, the others are from the authors' reference vectors.
    #[test]
    fn agrees_with_published_vectors() {
        check(0, 0x726f_db47_dd0e_0e31);
        check(8, 0x93f5_f579_9a93_2462);
        check(15, 0xa129_ca61_49be_45e5);
        check(16, 0x3f2a_cc7f_57c2_9bdb);
    }

    #[expect(deprecated, reason = "an independent SipHash-2-4 to compare with")]
    fn reference_implementation(key: &[u8; 16], message: &[u8]) -> u64 {
        use std::hash::{Hasher, SipHasher};
        let key = u128::from_le_bytes(*key);
        let mut hasher = SipHasher::new_with_keys(key as u64, (key >> 64) as u64);
        hasher.write(message);
        hasher.finish()
    }

    proptest! {
        #[test]
        fn agrees_with_the_standard_library(key: [u8; 16], message: Vec<u8>) {
            prop_assert_eq!(siphash(&key, &message), reference_implementation(&key, &message));
        }
    }
}
