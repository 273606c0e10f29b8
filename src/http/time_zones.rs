//! The names of time zones (<https://www.iana.org/time-zones>, 2025b), which browsers know too. The office itself needs no more of
//! them: its times are instants.

const NAMES: &str = include_str!("time_zones/names.txt");

/// Whether the IANA knows a zone of this name.
pub fn is_time_zone(name: &str) -> bool {
    NAMES.lines().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_their_names() {
        for (name, is_known) in [
            ("UTC", true),
            ("Europe/Vienna", true),
            ("America/Argentina/Buenos_Aires", true),
            ("europe/vienna", false),
            ("Europe", false),
            ("CEST", false),
            ("", false),
        ] {
            assert_eq!(is_time_zone(name), is_known, "{name}");
        }
        assert!(NAMES.lines().is_sorted());
    }
}
