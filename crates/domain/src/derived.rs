//! What is kept beside a state because it is asked for often.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Something that follows from a state: made when it is asked for, and kept right as the state changes. Two states are equal whatever
/// is kept of them.
#[derive(Debug)]
pub struct Derived<T>(Mutex<Option<T>>);

impl<T> Derived<T> {
    /// What is kept, to be looked at and added to.
    pub fn lock(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept, to be changed with the state.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut()
    }
}

impl<T> Default for Derived<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Clone for Derived<T> {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.lock().clone()))
    }
}

impl<T> PartialEq for Derived<T> {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl<T> Eq for Derived<T> {}
