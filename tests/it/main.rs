//! Tests of the whole office.
