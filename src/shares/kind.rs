//! What there are shares of, and how large they are.

use std::time::Duration;

/// How much one may take at once, and how long it takes until a part of it is there again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// All of it.
    pub burst: u32,
    /// One part, in nanoseconds.
    pub(super) nanos_each: u64,
}

impl Quota {
    /// A share of `burst` parts, of which one comes back in `each`.
    pub const fn new(burst: u32, each: Duration) -> Self {
        Self {
            burst,
            nanos_each: each.as_nanos() as u64,
        }
    }

    /// How long it takes until an empty share is full, in nanoseconds.
    pub(super) const fn nanos_all(self) -> u64 {
        self.burst as u64 * self.nanos_each
    }

    /// The same in seconds, rounded up.
    pub const fn window_seconds(self) -> u64 {
        self.nanos_all().div_ceil(1_000_000_000)
    }

    /// So many times as large, with as long a time to fill up.
    const fn times(self, factor: u32) -> Self {
        let factor = if factor == 0 { 1 } else { factor };
        Self {
            burst: self.burst * factor,
            nanos_each: self.nanos_each / factor as u64,
        }
    }
}

/// Whose a share is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Everybody's at one origin.
    Origin,
    /// A buyer's.
    Session,
    /// An order's.
    Order,
    /// A key's.
    Key,
    /// An organiser's.
    Organiser,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $of:ident $name:literal, $burst:literal, $each_ms:literal;)*) => {
        /// What there is a share of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Kind { $($(#[$doc])* $kind),* }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// Its name, as clients read it.
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name),* }
            }

            /// Whose it is.
            pub const fn of(self) -> Of {
                match self { $(Kind::$kind => Of::$of),* }
            }

            const fn plain_quota(self) -> Quota {
                match self { $(Kind::$kind => Quota::new($burst, Duration::from_millis($each_ms))),* }
            }
        }
    };
}

// A person picks seats some times a minute; a household or an office is some persons at one address.
kinds! {
    /// New sessions.
    SessionsOfOrigin = Origin "sessions", 100, 1_000;
    /// Tries to hold.
    HoldsOfOrigin = Origin "holds", 300, 200;
    /// The same.
    HoldsOfSession = Session "session_holds", 100, 1_000;
    /// Tries to hold that were refused.
    RefusedHoldsOfOrigin = Origin "refused_holds", 200, 400;
    /// The same.
    RefusedHoldsOfSession = Session "session_refused_holds", 60, 2_000;
    /// Places that are held and not paid. They come back when they are paid or given up, and by and by: a hold that lapses
    /// costs half an hour of its part.
    UnpaidPlacesOfOrigin = Origin "unpaid_places", 200, 9_000;
    /// The same.
    UnpaidPlacesOfSession = Session "session_unpaid_places", 100, 18_000;
    /// Tries to pay.
    PaymentsOfOrigin = Origin "payments", 100, 500;
    /// The same.
    PaymentsOfSession = Session "session_payments", 30, 5_000;
    /// Cards that were declined.
    DeclinesOfOrigin = Origin "declined_payments", 60, 30_000;
    /// The same.
    DeclinesOfSession = Session "session_declined_payments", 15, 120_000;
    /// The same.
    DeclinesOfOrder = Order "order_declined_payments", 6, 600_000;
    /// New selections.
    SelectionsOfOrigin = Origin "selections", 200, 2_000;
    /// The same.
    SelectionsOfSession = Session "session_selections", 50, 10_000;
    /// Requests of any kind.
    RequestsOfOrigin = Origin "requests", 2_000, 5;
    /// New viewers.
    ViewersOfOrigin = Origin "viewers", 300, 100;
    /// Writes with one key.
    WritesOfKey = Key "key_writes", 2_000, 4;
    /// Writes with all keys of an organiser.
    WritesOfOrganiser = Organiser "organiser_writes", 8_000, 1;
    /// Places in lines.
    LinePlacesOfOrigin = Origin "line_places", 60, 10_000;
    /// The same.
    LinePlacesOfSession = Session "session_line_places", 30, 2_000;
}

impl Kind {
    /// How large it is. Shares of origins are `factor` times as large.
    pub const fn quota(self, factor: u32) -> Quota {
        match self.of() {
            Of::Origin => self.plain_quota().times(factor),
            Of::Session | Of::Order | Of::Key | Of::Organiser => self.plain_quota(),
        }
    }

    /// The kind of this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}
