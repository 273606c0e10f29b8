//! What a session's inbox tells.

/// What a notice is about. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// Places that the session has waited for are kept for it.
    Offer = 1,
    /// An entry of the session has come nearer to the front.
    Position = 2,
    /// A hold lapses soon.
    HoldEnding = 3,
    /// A payment has succeeded, was declined, or was given up.
    Payment = 4,
    /// Tickets were given back: what comes back of the money.
    Refund = 5,
    /// The show is called otherwise, or takes place at another time or with another plan, or its tickets may be given back otherwise.
    ShowChanged = 6,
    /// The show is canceled.
    ShowCanceled = 7,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Offer,
        Self::Position,
        Self::HoldEnding,
        Self::Payment,
        Self::Refund,
        Self::ShowChanged,
        Self::ShowCanceled,
    ];

    /// The kind with this number in the database.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as i16 == number)
    }
}

/// How a payment has ended. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentEnd {
    /// Its order is paid.
    Succeeded = 1,
    /// The provider refused it.
    Declined = 2,
    /// It was given up, or came too late: its money goes back.
    Canceled = 3,
}

impl PaymentEnd {
    /// The end with this number in the database.
    pub fn from_number(number: i16) -> Option<Self> {
        let all = [Self::Succeeded, Self::Declined, Self::Canceled];
        all.into_iter().find(|end| *end as i16 == number)
    }
}

/// The positions at which those who wait are told how far they are from the front, each once.
pub const MILESTONES: [u32; 9] = [1, 2, 3, 5, 10, 50, 100, 500, 1_000];
/// How long before its end a hold is said to lapse soon, in seconds; not more than a third of what it lasts.
pub const HOLD_ENDING_SECONDS: u32 = 120;
