//! The way to orders by their numbers.

use super::batched_read::BatchedReads;
use super::database::Database;
use super::error::StoreError;
use super::order::{OrderRecord, read_orders};
use super::order_details::read_all_details;
use domain::details::Details;
use domain::id::ShowId;
use domain::reference::OrderNumber;

/// Orders as they stand now, and who buys them.
#[derive(Clone)]
pub struct Orders {
    records: BatchedReads<OrderRecord>,
    details: BatchedReads<Details>,
}

impl Orders {
    /// Orders of this database.
    pub fn new(database: Database) -> Self {
        Self {
            records: BatchedReads::new(database.clone(), read_orders),
            details: BatchedReads::new(database, read_all_details),
        }
    }

    /// An order as it stands now, by the database's clock; `None` if there is none of that number.
    pub async fn read(&self, show: ShowId, number: OrderNumber) -> Result<Option<OrderRecord>, StoreError> {
        self.records.read(show, number).await
    }

    /// What is said of an order's people; nothing, if nothing is.
    pub async fn read_details(&self, show: ShowId, number: OrderNumber) -> Result<Details, StoreError> {
        Ok(self.details.read(show, number).await?.unwrap_or_default())
    }
}
