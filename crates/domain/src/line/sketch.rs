//! How many drew, without a row for each: a HyperLogLog (Flajolet and others, 2007) with the estimator of Ertl, "New cardinality
//! estimation algorithms for HyperLogLog sketches", 2017. Whoever draws twice counts once, and sketches of several nodes merge.

/// The bits of a hash that choose its register.
const REGISTER_BITS: u32 = 12;
/// Registers, each a byte: the estimate is off by 1.6 % as a rule.
pub const SKETCH_BYTES: usize = 1 << REGISTER_BITS;
/// The bits of a hash that are left, of which the leading zeros count.
const VALUE_BITS: u32 = u64::BITS - REGISTER_BITS;
/// The largest value of a register.
const VALUE_MAX: u8 = VALUE_BITS as u8 + 1;

/// A sketch of a set of hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    registers: Vec<u8>,
}

impl Default for Sketch {
    fn default() -> Self {
        Self {
            registers: vec![0; SKETCH_BYTES],
        }
    }
}

impl Sketch {
    /// A sketch that was kept as bytes; `None` if it is none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let is_one = bytes.len() == SKETCH_BYTES && bytes.iter().all(|value| *value <= VALUE_MAX);
        is_one.then(|| Self {
            registers: bytes.to_vec(),
        })
    }

    /// The bytes to keep it as.
    pub fn bytes(&self) -> &[u8] {
        &self.registers
    }

    /// Counts a hash; says whether that changed anything.
    pub fn count(&mut self, hash: u64) -> bool {
        let at = usize::try_from(hash >> VALUE_BITS).unwrap_or_default();
        let zeros = (hash << REGISTER_BITS).leading_zeros().min(VALUE_BITS);
        let value = zeros as u8 + 1;
        match self.registers.get_mut(at) {
            Some(register) if *register < value => {
                *register = value;
                true
            }
            _ => false,
        }
    }

    /// Counts all that the other has counted.
    pub fn merge(&mut self, other: &Self) {
        for (own, other) in self.registers.iter_mut().zip(&other.registers) {
            *own = (*own).max(*other);
        }
    }

    /// How many different hashes it has counted, about.
    pub fn estimate(&self) -> u64 {
        let mut counts = [0_u32; VALUE_MAX as usize + 1];
        for value in &self.registers {
            if let Some(count) = counts.get_mut(usize::from(*value)) {
                *count += 1;
            }
        }
        let registers = SKETCH_BYTES as f64;
        let [zeros, between @ .., full] = counts;
        if f64::from(zeros) >= registers {
            return 0;
        }
        let mut sum = registers * tau(1.0 - f64::from(full) / registers);
        for count in between.iter().rev() {
            sum = 0.5 * (sum + f64::from(*count));
        }
        sum += registers * sigma(f64::from(zeros) / registers);
        let estimate = registers * registers / (2.0 * std::f64::consts::LN_2 * sum);
        estimate.round() as u64
    }
}

/// What registers that nothing has met add.
fn sigma(mut x: f64) -> f64 {
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before || !z.is_finite() {
            return z;
        }
    }
}

/// What registers that can't grow add.
fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The finisher of SplitMix64: hashes enough for a test.
    fn hash(number: u64) -> u64 {
        let bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn of(numbers: std::ops::Range<u64>) -> Sketch {
        let mut sketch = Sketch::default();
        for number in numbers {
            sketch.count(hash(number));
        }
        sketch
    }

    #[test]
    fn the_estimate_is_near_at_every_size() {
        for (count, off_max) in [
            (0, 0),
            (1, 0),
            (10, 0),
            (100, 3),
            (1_000, 40),
            (10_000, 600),
            (1_000_000, 60_000),
        ] {
            let estimate = of(1..count + 1).estimate();
            assert!(estimate.abs_diff(count) <= off_max, "{estimate} for {count}");
        }
    }

    #[test]
    fn whoever_comes_again_counts_once() {
        let mut sketch = of(0..5_000);
        let before = sketch.clone();
        assert!(!(0..5_000).any(|number| sketch.count(hash(number))));
        assert_eq!(sketch, before);
    }

    #[test]
    fn the_sketches_of_nodes_merge_to_that_of_one() {
        let (mut one, other) = (of(0..6_000), of(4_000..9_000));
        one.merge(&other);
        assert_eq!(one, of(0..9_000));
        one.merge(&other);
        assert_eq!(one, of(0..9_000));
    }

    #[test]
    fn it_is_kept_as_bytes() {
        let sketch = of(0..1_000);
        assert_eq!(Sketch::from_bytes(sketch.bytes()), Some(sketch));
        assert_eq!(Sketch::from_bytes(&[0; SKETCH_BYTES - 1]), None);
        assert_eq!(Sketch::from_bytes(&[VALUE_MAX + 1; SKETCH_BYTES]), None);
    }
}
