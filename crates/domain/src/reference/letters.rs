//! Numbers written in letters that survive a telephone: base 22, with a check letter at the end.
//!
//! The check letter is ISO/IEC 7064's hybrid system MOD 23,22 (MOD M+1,M as for MOD 11,10, with M = 22 letters). As 23 is
//! prime, every single wrong letter is noticed, and of the swaps of two neighbours all but 1 in 231.

/// The alphabet: no I, L, O or Q, which are taken for 1, 1, 0 and 0.
pub(super) const LETTERS: &[u8; 22] = b"ABCDEFGHJKMNPRSTUVWXYZ";

/// M of the check system and base of the notation.
const BASE: u8 = LETTERS.len() as u8;

/// `number` in `N - 1` letters, the most significant first, and its check letter.
///
/// What of `number` does not fit in `N - 1` letters is lost: the callers' sizes are tested against their largest number.
pub(super) fn write<const N: usize>(mut number: u64) -> [u8; N] {
    let mut digits = [0; N];
    for digit in digits.iter_mut().rev().skip(1) {
        *digit = (number % u64::from(BASE)) as u8;
        number /= u64::from(BASE);
    }
    if let [payload @ .., check] = digits.as_mut_slice() {
        *check = check_digit(payload);
    }
    digits.map(letter)
}

/// The number that `letters` with their check letter stand for; `None` if the check letter disagrees.
///
/// `digits` are values of letters as [`value`] gives them, at most 14 and a check letter, so that the number fits.
pub(super) fn read<const N: usize>(digits: &[u8; N]) -> Option<u64> {
    let (check, payload) = digits.split_last()?;
    let number = payload
        .iter()
        .fold(0, |number, digit| number * u64::from(BASE) + u64::from(*digit));
    (*check == check_digit(payload)).then_some(number)
}

/// A letter's place in the alphabet, in either case; `None` for any other character.
pub(super) fn value(character: char) -> Option<u8> {
    let letter = u8::try_from(character).ok()?.to_ascii_uppercase();
    let place = LETTERS.iter().position(|known| *known == letter)?;
    u8::try_from(place).ok()
}

#[expect(
    clippy::indexing_slicing,
    reason = "digits are remainders of the alphabet's length"
)]
fn letter(digit: u8) -> u8 {
    LETTERS[usize::from(digit)]
}

/// The digit that brings the system's running product to 1.
fn check_digit(payload: &[u8]) -> u8 {
    let product = payload
        .iter()
        .fold(BASE, |product, digit| next_product(product, *digit));
    (BASE + 1 - product) % BASE
}

/// One step of the hybrid system: add modulo M, where 0 counts as M, then double modulo M + 1. Products are 1 to M.
fn next_product(product: u8, digit: u8) -> u8 {
    let sum = match (product + digit) % BASE {
        0 => BASE,
        sum => sum,
    };
    2 * sum % (BASE + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(number: u64, expected: &str) {
        let written = write::<10>(number);
        assert_eq!(str::from_utf8(&written), Ok(expected));
        let digits = written.map(|letter| value(char::from(letter)).unwrap());
        assert_eq!(read(&digits), Some(number));
    }

    #[test]
    fn writes_and_reads() {
        check(0, "AAAAAAAAAG");
        check(1, "AAAAAAAABE");
        check(21, "AAAAAAAAZJ");
        check(22, "AAAAAAABAC");
        check((1 << 40) - 1, "YAVPYTZENK");
    }

    #[test]
    fn letters_have_values_in_either_case() {
        for (place, letter) in LETTERS.iter().enumerate() {
            assert_eq!(value(char::from(*letter)).map(usize::from), Some(place));
            assert_eq!(
                value(char::from(letter.to_ascii_lowercase())).map(usize::from),
                Some(place)
            );
        }
        for other in ['I', 'L', 'O', 'Q', '0', '1', '-', ' ', 'Å', 'Ⅳ', '\u{10ffff}'] {
            assert_eq!(value(other), None, "{other:?}");
        }
    }

    /// A wrong letter is always noticed because each step is a bijection of the product and of the digit.
    #[test]
    fn steps_are_bijections() {
        let all: Vec<u8> = (1..=BASE).collect();
        for fixed in 0..BASE {
            let mut by_product: Vec<u8> = (1..=BASE).map(|product| next_product(product, fixed)).collect();
            by_product.sort_unstable();
            assert_eq!(by_product, all);
            let mut by_digit: Vec<u8> = (0..BASE).map(|digit| next_product(fixed + 1, digit)).collect();
            by_digit.sort_unstable();
            assert_eq!(by_digit, all);
        }
    }

    /// All swaps of two different neighbours at all running products: a swap is missed when both orders end alike.
    #[test]
    fn few_swaps_are_missed() {
        let mut missed = 0;
        let mut swaps = 0;
        for product in 1..=BASE {
            for first in 0..BASE {
                for second in (0..BASE).filter(|second| *second != first) {
                    let written = next_product(next_product(product, first), second);
                    let swapped = next_product(next_product(product, second), first);
                    swaps += 1;
                    missed += usize::from(written == swapped);
                }
            }
        }
        assert_eq!((missed, swaps), (44, 231 * 44));
    }
}
