//! Waitlists against a plain list: who is next is found out anew before each offer, entry by entry, and what is kept after each batch.

use super::*;
use crate::event::Place;
use crate::plan::CategoryIndex;
use crate::rules::Rules;
use crate::waitlist::{EntryNumber, EntryState, WaitlistRules, Want};

const OFFER_SECONDS: i64 = 100;

/// Two rows of five seats of two categories, and a zone of four places of a third.
fn hall(rules: WaitlistRules) -> Arc<Show> {
    let plan = generate(&Spec {
        sections: 1,
        rows: 2,
        seats: 5,
        zones: 1,
    })
    .expect("a plan");
    let rules = Rules {
        waitlist: Some(rules),
        ..Rules::default()
    };
    Arc::new(Show {
        rules: Some(Arc::new(rules)),
        zone_capacities: vec![4],
        prices: vec![300, 200, 100],
        hold: Duration::from_secs(10),
        hold_grace: Duration::ZERO,
        order_places_max: 6,
        session_places_max: 7,
        plan: Arc::new(plan.clone()),
        ..Show::with_usual_terms(
            ShowId(1024),
            Arc::new(plan),
            Currency::try_from("EUR".to_owned()).expect("a currency"),
        )
    })
}

fn rules() -> WaitlistRules {
    WaitlistRules {
        offer_seconds: OFFER_SECONDS.unsigned_abs() as u32,
        collect_places_max: 3,
        ..WaitlistRules::default()
    }
}

/// What the waitlist's table has.
#[derive(Debug, Clone, PartialEq)]
struct EntryRow {
    place: Offset,
    session: SessionId,
    want: Want,
    state: EntryState,
    order: Option<OrderNumber>,
}

struct Trial {
    show: Arc<Show>,
    state: ShowState,
    numbers: OrderNumbers,
    now: DateTime<Utc>,
    rows: BTreeMap<EntryNumber, EntryRow>,
    /// Those who wait, in order, by the journal alone.
    queue: Vec<(EntryNumber, Offset)>,
    orders: Vec<OrderNumber>,
}

impl Trial {
    fn new(show: Arc<Show>) -> Self {
        let mut numbers = OrderNumbers::default();
        numbers.add(1..100_000);
        let mut trial = Self {
            state: ShowState::before_all(&show),
            show,
            numbers,
            now: DateTime::UNIX_EPOCH,
            rows: BTreeMap::new(),
            queue: Vec::new(),
            orders: Vec::new(),
        };
        trial.pass(&[Command::Open]);
        trial
    }

    fn decide(&mut self, commands: &[Command]) -> Changes {
        let (show, known) = (&self.show, KnownRows::default());
        let decided = decide(show, &self.state, &known, &mut self.numbers, self.now, commands);
        decided.expect("numbers")
    }

    /// Carries commands out, and looks at each of their events.
    fn pass(&mut self, commands: &[Command]) -> Vec<Outcome> {
        let changes = self.decide(commands);
        let mut events = changes.events.iter().peekable();
        while let Some(event) = events.next() {
            let is_offer = event.kind == EventKind::Booked
                && events.peek().is_some_and(|next| next.kind == EventKind::Offered);
            if is_offer
                && !commands
                    .iter()
                    .any(|command| matches!(command, Command::Offer { .. }))
            {
                self.check_offer(
                    event,
                    events
                        .peek()
                        .and_then(|next| next.entry.as_ref())
                        .expect("a step")
                        .entry,
                );
            }
            self.state.fold(event).expect("a fold");
            self.queue_up(event);
        }
        self.write(&changes);
        self.check_rest(&changes);
        self.orders
            .extend(changes.new_orders.iter().map(|order| order.order));
        changes
            .decisions
            .into_iter()
            .map(|decision| decision.outcome)
            .collect()
    }

    fn queue_up(&mut self, event: &Event) {
        let Some(step) = &event.entry else { return };
        let at = self.queue.iter().position(|(entry, _)| *entry == step.entry);
        match (event.kind, at) {
            (EventKind::Joined, None) => {
                assert!(self.queue.last().is_none_or(|(_, last)| *last < step.place));
                self.queue.push((step.entry, step.place));
            }
            // What it wants has changed, and its place has not.
            (EventKind::Joined, Some(at)) => assert_eq!(self.queue[at].1, step.place),
            (EventKind::Left | EventKind::Offered, Some(at)) => {
                assert_eq!(self.queue.remove(at).1, step.place)
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(step.entries as usize, self.queue.len());
    }

    fn write(&mut self, changes: &Changes) {
        for change in &changes.entries {
            let before = self.rows.get(&change.entry);
            assert_eq!(
                before.map(|row| (row.place, row.state)),
                change.from.map(|place| (place, EntryState::Waiting))
            );
            let want = change.want.clone().or_else(|| before.map(|row| row.want.clone()));
            let row = EntryRow {
                place: change.place,
                session: change.session,
                want: want.expect("a new entry says what it wants"),
                state: change.state,
                order: change.order.map(|(order, _)| order),
            };
            assert_eq!(row.state == EntryState::Offered, row.order.is_some());
            self.rows.insert(change.entry, row);
        }
        let waiting = self
            .rows
            .iter()
            .filter(|(_, row)| row.state == EntryState::Waiting);
        let mut waiting: Vec<_> = waiting
            .map(|(entry, row)| (row.place, *entry, row.session, row.want.clone()))
            .collect();
        waiting.sort_by_key(|(place, ..)| *place);
        let listed = self.state.waitlist().iter();
        let listed: Vec<_> = listed
            .map(|(place, known)| (place, known.entry, known.session, Want::clone(&known.want)))
            .collect();
        assert_eq!(waiting, listed);
        assert!(
            self.queue
                .iter()
                .map(|(entry, _)| *entry)
                .eq(waiting.iter().map(|(_, entry, ..)| *entry))
        );
    }

    /// The first of all whom free places fit, and what is kept for those before it; by looking at each entry.
    fn next(&self) -> (Option<EntryNumber>, Places) {
        let waitlist = self.state.waitlist();
        let rules = self.show.waitlist().expect("rules");
        let mut kept = Places::default();
        let mut collected = BTreeSet::new();
        let offered: u32 = self
            .state
            .orders()
            .filter(|(number, live)| {
                let is_offer = |row: &EntryRow| row.order == Some(**number);
                live.phase == Phase::Held && self.rows.values().any(is_offer)
            })
            .map(|(_, live)| live.places.count())
            .sum();
        for (_, waiting) in waitlist.iter() {
            let want = &*waiting.want;
            let left = rules
                .places_max
                .unwrap_or(u32::MAX)
                .saturating_sub(offered)
                .saturating_sub(kept.count());
            if self.fits(want, &kept) {
                return match want.count <= left {
                    true => (Some(waiting.entry), kept),
                    false => (None, kept),
                };
            }
            if want.count <= rules.collect_places_max {
                self.collect(want, left, &mut collected, &mut kept);
            }
        }
        (None, kept)
    }

    fn is_free(&self, seat: SeatIndex, kept: &Places) -> bool {
        self.state.map().seat(seat) == Some(SeatState::Free) && !kept.seats.contains(&seat)
    }

    fn zone_left(&self, kept: &Places) -> u32 {
        let kept: u32 = kept.zones.iter().map(|part| part.count).sum();
        self.state.map().zones[0].free(4) - kept
    }

    fn wants(&self, want: &Want, seat: SeatIndex) -> bool {
        want.zone.is_none() && self.costs_and_is_of(want, Place::Seat(seat))
    }

    fn wants_zone(&self, want: &Want) -> bool {
        !want.together && self.costs_and_is_of(want, Place::Zone(ZoneIndex(0)))
    }

    fn costs_and_is_of(&self, want: &Want, place: Place) -> bool {
        let category = place.category_in(&self.show.plan).expect("a category");
        let price = self.show.prices[usize::from(category.0)];
        (want.categories.is_empty() || want.categories.contains(&category))
            && want.price_max.is_none_or(|max| price <= max)
    }

    /// The runs of so many seats side by side.
    fn runs(&self, count: u32) -> Vec<Vec<SeatIndex>> {
        let rows = [0..5u32, 5..10];
        let runs = rows.into_iter().flat_map(|row| {
            let last = row.end.saturating_sub(count) + 1;
            (row.start..last).map(|first| (first..first + count).map(SeatIndex).collect())
        });
        runs.collect()
    }

    fn fits(&self, want: &Want, kept: &Places) -> bool {
        let good = |seat: SeatIndex| self.is_free(seat, kept) && self.wants(want, seat);
        let by_seats = match want.together {
            true => self
                .runs(want.count)
                .iter()
                .any(|run| run.iter().all(|seat| good(*seat))),
            false => (0..10).map(SeatIndex).filter(|seat| good(*seat)).count() >= want.count as usize,
        };
        by_seats || self.wants_zone(want) && self.zone_left(kept) >= want.count
    }

    fn collect(&self, want: &Want, left: u32, collected: &mut BTreeSet<CategoryIndex>, kept: &mut Places) {
        let wanted = (0..3)
            .map(CategoryIndex)
            .filter(|category| want.categories.is_empty() || want.categories.contains(category));
        let own: Vec<_> = wanted.filter(|category| collected.insert(*category)).collect();
        let is_own = |place: Place| own.contains(&place.category_in(&self.show.plan).expect("a category"));
        let good = |seat: SeatIndex| {
            self.wants(want, seat) && is_own(Place::Seat(seat)) && !kept.seats.contains(&seat)
        };
        let count = want.count.min(left) as usize;
        let mut seats: Vec<SeatIndex> = Vec::new();
        if want.together {
            let possible =
                |seat: SeatIndex| good(seat) && self.state.map().seat(seat) != Some(SeatState::Blocked);
            for run in self.runs(want.count) {
                if run.iter().all(|seat| possible(*seat)) {
                    let free: Vec<_> = run.into_iter().filter(|seat| self.is_free(*seat, kept)).collect();
                    if free.len() > seats.len() {
                        seats = free;
                    }
                }
            }
        } else {
            seats = (0..10)
                .map(SeatIndex)
                .filter(|seat| good(*seat) && self.is_free(*seat, kept))
                .collect();
        }
        seats.truncate(count);
        let zone = match self.wants_zone(want) && is_own(Place::Zone(ZoneIndex(0))) {
            true => self.zone_left(kept),
            false => 0,
        };
        if zone as usize > seats.len() {
            kept.zones.push(ZonePlaces {
                zone: ZoneIndex(0),
                count: zone.min(want.count.min(left)),
            });
        } else {
            kept.seats.extend(seats);
        }
    }

    /// An offer goes to whom it should, of what it wants.
    fn check_offer(&self, booked: &Event, entry: EntryNumber) {
        let (next, kept) = self.next();
        assert_eq!(next, Some(entry), "{:?}", booked.places);
        let (_, waiting) = self.state.waitlist().entry(entry).expect("an entry");
        let want = &*waiting.want;
        assert_eq!(booked.places.count(), want.count);
        for seat in &booked.places.seats {
            assert!(self.is_free(*seat, &kept) && self.wants(want, *seat), "{seat:?}");
        }
        if want.together {
            let mut seats = booked.places.seats.clone();
            seats.sort_unstable();
            assert!(self.runs(want.count).contains(&seats));
        }
        for part in &booked.places.zones {
            assert!(self.wants_zone(want) && part.count <= self.zone_left(&kept));
        }
        let terms = booked.terms.expect("terms");
        assert_eq!(terms.session, waiting.session);
        assert_eq!((terms.expires_at - self.now).num_seconds(), OFFER_SECONDS);
    }

    /// Nobody waits for what is there, and nobody else was given what is kept.
    fn check_rest(&self, changes: &Changes) {
        assert!(!changes.is_more_due);
        if self.state.map().sale == Sale::Closed {
            assert!(self.state.waitlist().is_empty());
            return;
        }
        assert_eq!(self.next().0, None);
        for (at, (entry, place)) in self.queue.iter().enumerate() {
            let (known, waiting) = self.state.waitlist().entry(*entry).expect("an entry");
            assert_eq!(known, *place);
            let standing = self.state.waitlist().standing(*place, &waiting.want);
            assert_eq!(
                (standing.position as usize, standing.entries as usize),
                (at + 1, self.queue.len())
            );
            let ahead = self.queue[..at].iter().filter(|(other, _)| {
                let (_, other) = self.state.waitlist().entry(*other).expect("an entry");
                waiting.want.meets(&other.want)
            });
            assert_eq!(standing.ahead as usize, ahead.count());
        }
    }
}

#[derive(Debug, Clone)]
enum Act {
    Wait(i64),
    Hold(u128, BTreeSet<u32>, u32),
    Together(u128, u32),
    House(u32),
    Abort(usize),
    Pay(usize),
    Join(u128, Want),
    Change(usize, Want),
    Leave(usize),
    Offer(usize),
    Block(u32),
    Turn(Sale),
}

fn want() -> impl Strategy<Value = Want> {
    let categories = prop::sample::subsequence(vec![0u16, 1, 2], 0..3);
    (
        1u32..5,
        categories,
        prop::option::weighted(0.2, Just(ZoneIndex(0))),
        any::<bool>(),
        prop::option::weighted(0.3, 100i64..300),
    )
        .prop_map(|(count, categories, zone, together, price_max)| Want {
            count,
            categories: categories.into_iter().map(CategoryIndex).collect(),
            zone,
            together: together && zone.is_none() && count > 1,
            ticket_types: Vec::new(),
            price_max,
        })
}

fn acts() -> impl Strategy<Value = Vec<Vec<Act>>> {
    let order = 0usize..30;
    let entry = 0usize..12;
    let act = prop_oneof![
        2 => prop_oneof![Just(3i64), Just(20), Just(OFFER_SECONDS)].prop_map(Act::Wait),
        6 => (0u128..4, prop::collection::btree_set(0u32..10, 0..5), 0u32..4).prop_map(|(session, seats, places)| Act::Hold(session, seats, places)),
        2 => (0u128..4, 1u32..4).prop_map(|(session, count)| Act::Together(session, count)),
        1 => (0u32..10).prop_map(Act::House),
        5 => order.clone().prop_map(Act::Abort),
        2 => order.prop_map(Act::Pay),
        8 => (10u128..20, want()).prop_map(|(session, want)| Act::Join(session, want)),
        3 => (entry.clone(), want()).prop_map(|(at, want)| Act::Change(at, want)),
        2 => entry.clone().prop_map(Act::Leave),
        1 => entry.prop_map(Act::Offer),
        1 => (0u32..10).prop_map(Act::Block),
        1 => prop_oneof![4 => Just(Sale::Open), 1 => Just(Sale::Closed)].prop_map(Act::Turn),
    ];
    prop::collection::vec(prop::collection::vec(act, 1..3), 1..40)
}

fn command_of(act: &Act, trial: &Trial) -> Option<Command> {
    let order = |at: &usize| trial.orders.get(*at).copied();
    let entry = |at: &usize| trial.rows.keys().nth(*at).copied();
    let hold = |session, wish, booking| Command::Hold {
        session: SessionId(session),
        wish,
        details: None,
        booking,
    };
    let seats = |seats: Vec<u32>, count| Wish {
        places: Places {
            seats: seats.into_iter().map(SeatIndex).collect(),
            zones: (count > 0)
                .then_some(ZonePlaces {
                    zone: ZoneIndex(0),
                    count,
                })
                .into_iter()
                .collect(),
        },
        ..Wish::default()
    };
    Some(match act {
        Act::Wait(_) => return None,
        Act::Hold(session, chosen, count) => hold(
            *session,
            seats(chosen.iter().copied().collect(), *count),
            Booking::Public,
        ),
        Act::Together(session, count) => {
            let together = Some(together::Wish::of(*count));
            hold(
                *session,
                Wish {
                    together: together.map(Box::new),
                    ..Wish::default()
                },
                Booking::Public,
            )
        }
        Act::House(seat) => hold(9, seats(vec![*seat], 0), Booking::House),
        Act::Abort(at) => Command::Abort { order: order(at)? },
        Act::Pay(at) => {
            let order = order(at)?;
            Command::Pay {
                session: trial.state.order(order)?.terms.session,
                order,
                tender: Tender {
                    payment: PaymentId(order.0.unsigned_abs().into()),
                    provider: "sandbox",
                    payment_method: "card".into(),
                    return_url: None,
                },
            }
        }
        Act::Join(session, want) => Command::Join {
            session: SessionId(*session),
            want: want.clone(),
            details: None,
        },
        Act::Change(at, want) => Command::ChangeWant {
            entry: entry(at)?,
            want: want.clone(),
        },
        Act::Leave(at) => Command::Leave { entry: entry(at)? },
        Act::Offer(at) => Command::Offer { entry: entry(at)? },
        Act::Block(seat) => Command::Block {
            places: Places {
                seats: vec![SeatIndex(*seat)],
                zones: Vec::new(),
            },
            label: None,
        },
        Act::Turn(Sale::Open) => Command::Open,
        Act::Turn(Sale::Closed) => Command::Close,
    })
}

/// What the public was told of a lone request for places, beside what was kept before.
fn check_public(trial: &Trial, kept: &Places, command: &Command, outcome: &Outcome) {
    let Command::Hold {
        wish,
        booking: Booking::Public,
        ..
    } = command
    else {
        return;
    };
    match outcome {
        Outcome::Held(held) => {
            assert!(
                held.places.seats.iter().all(|seat| !kept.seats.contains(seat)),
                "{held:?} of {kept:?}"
            );
        }
        Outcome::Refused(Refusal::Waitlisted { seats, zones }) => {
            assert!(seats.iter().all(|seat| kept.seats.contains(seat)));
            let is_for_nothing = seats.is_empty() && zones.is_empty() && wish.together.is_none();
            assert!(!is_for_nothing && *kept != Places::default());
        }
        Outcome::Refused(Refusal::PlacesTaken { .. }) if trial.queue.is_empty() => {}
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn freed_places_go_to_the_first_whom_they_fit(batches in acts(), places_max in prop::option::weighted(0.6, 1u32..5), collect in 0u32..5) {
        let rules = WaitlistRules { places_max, collect_places_max: collect, ..rules() };
        let mut trial = Trial::new(hall(rules));
        for acts in &batches {
            let waits = acts.iter().map(|act| if let Act::Wait(seconds) = act { *seconds } else { 0 });
            trial.now += TimeDelta::seconds(waits.sum());
            // What time alone frees comes before what is asked for.
            trial.pass(&[]);
            let mut about = std::collections::HashSet::new();
            let commands: Vec<Command> = acts
                .iter()
                .filter_map(|act| command_of(act, &trial))
                .filter(|command| command.order().is_none_or(|order| about.insert(order)))
                .collect();
            let (_, kept) = trial.next();
            let outcomes = trial.pass(&commands);
            if let ([command], [outcome]) = (commands.as_slice(), outcomes.as_slice()) {
                check_public(&trial, &kept, command, outcome);
            }
        }
    }
}

mod cases;
