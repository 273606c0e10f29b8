//! What a stranger can take from the others: no memory, no connection, no seat.

mod bodies;
mod connections;
mod readers;
mod shares;
mod viewers;
