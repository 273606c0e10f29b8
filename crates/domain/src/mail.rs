//! Mail to buyers: what it can be about, and the languages that the office has words in.

/// What a mail tells a buyer. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailKind {
    /// The order is paid: its tickets.
    Paid = 1,
    /// Tickets were given back: what comes back of the money.
    Refunded = 2,
    /// The show is called otherwise, or takes place at another time.
    Changed = 3,
    /// The show is canceled, and with it the order.
    Canceled = 4,
    /// Places that the buyer has waited for are kept for them.
    Offer = 5,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Paid,
        Self::Refunded,
        Self::Changed,
        Self::Canceled,
        Self::Offer,
    ];

    /// The kind with this number in the database.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as i16 == number)
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Refunded => "refunded",
            Self::Changed => "changed",
            Self::Canceled => "canceled",
            Self::Offer => "offer",
        }
    }
}

/// A language that the office has words in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its code in ISO 639.
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language of a locale, as in `de`, `de-AT` or `de_AT`; `None` if it is none of these.
    pub fn of_locale(locale: &str) -> Option<Self> {
        let language = locale.split(['-', '_']).next().unwrap_or_default();
        let is_it = |known: &Self| known.code().eq_ignore_ascii_case(language);
        Self::ALL.into_iter().find(is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_has_a_language() {
        for (locale, language) in [
            ("de", Some(Language::German)),
            ("de-AT", Some(Language::German)),
            ("DE_ch", Some(Language::German)),
            ("en-US", Some(Language::English)),
            ("deu", None),
            ("fr-FR", None),
            ("", None),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
    }

    #[test]
    fn kinds_are_known_by_number_and_name() {
        for kind in MailKind::ALL {
            assert_eq!(MailKind::from_number(kind as i16), Some(kind));
            assert_eq!(MailKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(MailKind::from_number(0), None);
        assert_eq!(MailKind::from_name("booked"), None);
    }
}
