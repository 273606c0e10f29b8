//! Buyers and banks that take their time.
