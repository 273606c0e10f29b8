//! What is to change of something: a member that is left out leaves it as it is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};

use super::time;

/// Something that must not be null where it is given.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// Something, or null for none.
pub fn given_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(value).map(Some)
}

/// A time that must not be null where it is given.
pub fn given_time<'de, D: Deserializer<'de>>(text: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    time::read(text).map(Some)
}

/// A time, or null for none.
pub fn given_time_or_null<'de, D: Deserializer<'de>>(
    text: D,
) -> Result<Option<Option<DateTime<Utc>>>, D::Error> {
    time::read_optional(text).map(Some)
}
