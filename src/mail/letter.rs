//! A mail to one buyer, as it goes over the wire: words as text and as HTML, tickets' QR codes, an entry for the calendar.

use std::collections::BTreeSet;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::calendar::{Status, calendar};
use super::template::{Value, Values, escape, fill, one_line};
use super::words;
use crate::identity::{Identity, SignedTicket};
use crate::qr;
use crate::store::mail_templates::StoredTemplate;
use crate::store::mails::{Cause, Letter};
use crate::store::order::OrderRecord;
use domain::door::Area;
use domain::event::Place;
use domain::mail::{Language, MailKind};
use domain::money::Money;
use domain::reference::TicketIndex;
use domain::show::Show;

/// A mail to be handed over.
pub struct Mail {
    /// From whom, to whom.
    pub envelope: Envelope,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// It can never be sent: nobody can have such an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAddress;

/// What a mail is made of.
pub struct Told<'a> {
    /// What it is about.
    pub cause: Cause,
    /// The show, at its present terms.
    pub show: &'a Show,
    /// The order, as it stands.
    pub order: &'a OrderRecord,
    /// To whom, from whom.
    pub letter: &'a Letter,
    /// Its words.
    pub template: &'a StoredTemplate,
}

/// The language of a letter: the buyer's, else its organiser's, else English.
pub fn language_of(letter: &Letter) -> Language {
    let of = |locale: &Option<String>| locale.as_deref().and_then(Language::of_locale);
    of(&letter.locale)
        .or_else(|| of(&letter.sender.language))
        .unwrap_or_default()
}

/// A ticket, as a letter tells it.
struct TicketTold {
    place: String,
    code: String,
    /// What its picture is called within the mail.
    picture: String,
    png: Vec<u8>,
}

impl Told<'_> {
    /// The mail, at this time; the same `Message-ID` each time.
    pub fn write(&self, identity: &Identity, from: &Mailbox, now: DateTime<Utc>) -> Result<Mail, NoAddress> {
        let Letter { sender, .. } = self.letter;
        let to = self.letter.buyer_email.as_deref().unwrap_or_default();
        let to: Address = to.parse().map_err(|_not_one| NoAddress)?;
        let reference = identity
            .references()
            .order_reference(self.order.number)
            .to_string();
        let kind = self.cause.kind;
        let tickets = match kind {
            MailKind::Paid => self.tickets(identity),
            _ => Vec::new(),
        };
        let language = language_of(self.letter);
        let values = self.values(language, &reference, &tickets);
        let filled = fill(self.template, &values, language);
        let pictures = tickets.into_iter().map(|ticket| {
            let name = format!("{}.png", ticket.code);
            let picture = Attachment::new_inline_with_name(ticket.picture, name);
            picture.body(ticket.png, png_type())
        });
        let html = pictures.fold(
            MultiPart::related().singlepart(SinglePart::html(filled.html)),
            MultiPart::singlepart,
        );
        let words = MultiPart::alternative()
            .singlepart(SinglePart::plain(filled.text))
            .multipart(html);
        let status = match kind {
            MailKind::Paid | MailKind::Changed => Some(Status::Confirmed),
            MailKind::Canceled => Some(Status::Canceled),
            MailKind::Refunded | MailKind::Offer => None,
        };
        let entry = status.map(|status| {
            let entry = calendar(self.show, &reference, &from.email, status, now);
            Attachment::new("show.ics".to_owned()).body(entry, calendar_type())
        });
        let mixed = MultiPart::mixed().multipart(words);
        let mixed = match entry {
            Some(entry) => mixed.singlepart(entry),
            None => mixed,
        };
        let name = sender.name.clone().or_else(|| from.name.clone());
        let name = name.unwrap_or_else(|| self.letter.organiser.clone());
        let buyer = self.letter.buyer_name.as_deref().map(one_line);
        let mut message = Message::builder()
            .from(Mailbox::new(Some(one_line(&name)), from.email.clone()))
            .to(Mailbox::new(buyer, to.clone()))
            .subject(filled.subject)
            .date(SystemTime::from(now))
            .message_id(Some(format!(
                "<{}.{}.{}.{reference}@{}>",
                kind.name(),
                self.cause.offset.0,
                self.cause.show,
                from.email.domain()
            )))
            // So that no answering machine writes back (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        if let Some(reply_to) = sender
            .reply_to
            .as_deref()
            .and_then(|address| address.parse().ok())
        {
            message = message.reply_to(reply_to);
        }
        let message = message.multipart(mixed).map_err(|_incomplete| NoAddress)?;
        let envelope = Envelope::new(Some(from.email.clone()), vec![to]).map_err(|_nobody| NoAddress)?;
        Ok(Mail {
            envelope,
            bytes: message.formatted(),
        })
    }

    /// The tickets that the letter is about: those that the buyer has, or those that were given back.
    fn places(&self) -> Vec<(TicketIndex, Place)> {
        let is_meant = |ticket: TicketIndex| match self.cause.kind {
            MailKind::Paid | MailKind::Changed => {
                // What the buyer has passed on is somebody else's.
                !self.order.returned.contains(&ticket) && self.order.transferred.count(ticket) == 0
            }
            MailKind::Offer => true,
            MailKind::Refunded | MailKind::Canceled => {
                self.letter.tickets.is_empty() || self.letter.tickets.contains(&ticket)
            }
        };
        let places = self.order.places.tickets();
        places.filter(|(ticket, _)| is_meant(*ticket)).collect()
    }

    fn tickets(&self, identity: &Identity) -> Vec<TicketTold> {
        let (show, order) = (self.show, self.order.number);
        let language = language_of(self.letter);
        let ticket = |(ticket, place): (TicketIndex, Place)| {
            let named = self.order.transferred.in_code(ticket);
            let code = identity.references().ticket_code(order, named).to_string();
            let signed = place
                .category_in(&show.plan)
                .zip(Area::of(&show.plan, place))
                .map(|(category, area)| {
                    identity.ticket_text(&SignedTicket {
                        show: show.id,
                        order,
                        ticket: named,
                        category,
                        area,
                    })
                });
            TicketTold {
                place: words::place(language, &show.plan, place),
                picture: format!("ticket-{}", ticket.0),
                png: qr::png(signed.as_deref().unwrap_or(&code)),
                code,
            }
        };
        self.places().into_iter().map(ticket).collect()
    }

    fn values(&self, language: Language, reference: &str, tickets: &[TicketTold]) -> Values {
        let (show, order) = (self.show, self.order);
        let meant = self.places();
        let numbers: BTreeSet<_> = meant.iter().map(|(ticket, _)| *ticket).collect();
        let amount = self.letter.refunded.unwrap_or_else(|| self.cost_of(&numbers));
        let money = |amount| {
            let currency = show.currency;
            Value::words(&words::money(language, Money { amount, currency }))
        };
        let places: Vec<_> = meant
            .into_iter()
            .map(|(_, place)| words::place(language, &show.plan, place))
            .collect();
        let name = self.letter.buyer_name.as_deref();
        let starts = words::time(language, show.times.starts_at, &show.time_zone);
        let expires = words::time(language, order.expires_at, &show.time_zone);
        [
            ("greeting", Value::words(&words::greeting(language, name))),
            ("name", Value::words(name.unwrap_or_default())),
            ("show", Value::words(&show.title)),
            ("venue", Value::words(show.plan.name())),
            ("starts", Value::words(&starts)),
            ("expires", Value::words(&expires)),
            ("order", Value::words(reference)),
            ("organiser", Value::words(self.organiser())),
            ("total", money(order.total_minor_units)),
            ("amount", money(amount)),
            ("places", block_of_places(&places)),
            ("tickets", block_of_tickets(tickets)),
        ]
        .into()
    }

    /// What some tickets cost, with their fees: all of them as much as the order.
    fn cost_of(&self, tickets: &BTreeSet<TicketIndex>) -> i64 {
        let order = self.order;
        if tickets.len() == order.places.tickets().count() {
            return order.total_minor_units;
        }
        let (told, bill) = (order.prices.as_deref(), order.bill.as_ref());
        self.show
            .tickets_cost(told, &order.places, bill, |ticket| tickets.contains(&ticket))
    }

    fn organiser(&self) -> &str {
        let Letter {
            sender, organiser, ..
        } = self.letter;
        sender.name.as_deref().unwrap_or(organiser)
    }
}

fn block_of_places(places: &[String]) -> Value {
    let html: Vec<_> = places.iter().map(|place| escape(place)).collect();
    Value::block(places.join("\n"), html.join("<br>"))
}

fn block_of_tickets(tickets: &[TicketTold]) -> Value {
    let text: Vec<_> = tickets
        .iter()
        .map(|ticket| format!("{}\n{}", ticket.place, ticket.code))
        .collect();
    let html: String = tickets
        .iter()
        .map(|ticket| {
            let (place, code) = (escape(&ticket.place), escape(&ticket.code));
            format!(
                "<div style=\"margin:0 0 1.5em\"><img src=\"cid:{}\" alt=\"{code}\" width=\"220\" height=\"220\"><br>\
                 <b>{place}</b><br>{code}</div>",
                ticket.picture
            )
        })
        .collect();
    Value::block(text.join("\n\n"), html)
}

fn png_type() -> ContentType {
    ContentType::parse("image/png").unwrap_or(ContentType::TEXT_PLAIN)
}

fn calendar_type() -> ContentType {
    ContentType::parse("text/calendar; charset=utf-8").unwrap_or(ContentType::TEXT_PLAIN)
}

/// What stands in the place of the placeholders where a template is tried.
pub fn sample_values(language: Language) -> Values {
    let (name, show, venue) = match language {
        Language::English => ("Ada Lovelace", "A Midsummer Night's Dream", "Town theatre"),
        Language::German => ("Ada Lovelace", "Ein Sommernachtstraum", "Stadttheater"),
    };
    let starts = words::time(language, sample_time(), "Europe/Vienna");
    let money = || {
        Value::words(match language {
            Language::English => "EUR 50.00",
            Language::German => "50,00 EUR",
        })
    };
    let place = match language {
        Language::English => "Stalls, row 6, seat 12",
        Language::German => "Parkett, Reihe 6, Platz 12",
    };
    let ticket = TicketTold {
        place: place.to_owned(),
        code: "SAZJZ-WBYHS-TKHUE".to_owned(),
        picture: "ticket-0".to_owned(),
        png: Vec::new(),
    };
    [
        ("greeting", Value::words(&words::greeting(language, Some(name)))),
        ("name", Value::words(name)),
        ("show", Value::words(show)),
        ("venue", Value::words(venue)),
        ("starts", Value::words(&starts)),
        ("order", Value::words("HRVEN-UTABR")),
        ("organiser", Value::words(venue)),
        ("total", money()),
        ("amount", money()),
        ("places", block_of_places(&[place.to_owned()])),
        ("tickets", block_of_tickets(&[ticket])),
    ]
    .into()
}

fn sample_time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_899_313_200, 0).unwrap_or(DateTime::UNIX_EPOCH)
}
