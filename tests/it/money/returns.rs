//! Tickets given back one by one, and shows that are canceled.
