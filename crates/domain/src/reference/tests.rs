use super::*;
use proptest::prelude::*;

fn key() -> ReferenceKey {
    ReferenceKey::new(*b"a key for tests.")
}

fn any_key() -> impl Strategy<Value = ReferenceKey> {
    any::<[u8; 16]>().prop_map(ReferenceKey::new)
}

fn any_order() -> impl Strategy<Value = OrderNumber> {
    prop_oneof![Just(0), Just(OrderNumber::MAX.0), 0..=OrderNumber::MAX.0].prop_map(OrderNumber)
}

fn any_index() -> impl Strategy<Value = TicketIndex> {
    prop_oneof![Just(0), Just(TicketIndex::MAX.0), 0..=TicketIndex::MAX.0].prop_map(TicketIndex)
}

/// `letters` with the one at `place` replaced by another, `step` (1 to 21) further in the alphabet.
fn with_typo(letters: [u8; ORDER_LETTERS], place: usize, step: u8) -> String {
    let mut typed = letters;
    let digit = letters::value(char::from(typed[place])).unwrap();
    typed[place] = letters::LETTERS[usize::from((digit + step) % 22)];
    typed.iter().map(|letter| char::from(*letter)).collect()
}

/// How many letters of two references agree, place by place.
fn agreeing(one: OrderReference, other: OrderReference) -> usize {
    one.0
        .iter()
        .zip(other.0)
        .filter(|(one, other)| **one == *other)
        .count()
}

fn check_order(text: &str, expected: Result<i64, ReferenceError>) {
    assert_eq!(key().parse_order(text), expected.map(OrderNumber), "{text:?}");
}

fn check_ticket(text: &str, expected: Result<(i64, u16), ReferenceError>) {
    let expected = expected.map(|(order, index)| (OrderNumber(order), TicketIndex(index)));
    assert_eq!(key().parse_ticket(text), expected, "{text:?}");
}

/// Printed tickets outlive releases: a change of any of these breaks them. Worked out by a separate program.
#[test]
fn references_never_change() {
    assert_eq!(key().order_reference(OrderNumber(0)).to_string(), "DTBCM-KWJDH");
    assert_eq!(key().order_reference(OrderNumber(1)).to_string(), "TJJMD-ZMYSW");
    assert_eq!(
        key().ticket_code(OrderNumber(1), TicketIndex(0)).to_string(),
        "SAZJZ-WBYHS-TKHUE"
    );
    assert_eq!(
        key().ticket_code(OrderNumber(1), TicketIndex(1)).to_string(),
        "JPDBX-RWFMT-HEKFZ"
    );
}

#[test]
fn parses_what_people_type() {
    let reference = key().order_reference(OrderNumber(1)).to_string();
    check_order(&reference, Ok(1));
    check_order(&reference.to_lowercase(), Ok(1));
    check_order(&reference.replace('-', ""), Ok(1));
    check_order(&format!("  {}- ", reference.replace('-', " ")), Ok(1));
    let code = key().ticket_code(OrderNumber(7), TicketIndex(3)).to_string();
    check_ticket(&code, Ok((7, 3)));
    check_ticket(&code.to_lowercase().replace('-', ""), Ok((7, 3)));
}

#[test]
fn refuses_what_is_no_reference() {
    let reference = key().order_reference(OrderNumber(1)).to_string();
    check_order("", Err(ReferenceError::Length));
    check_order("ABCDE-FGHJ", Err(ReferenceError::Length));
    check_order(&format!("{reference}A"), Err(ReferenceError::Length));
    check_order(&" ".repeat(1_000_000), Err(ReferenceError::Length));
    check_order("HRVEN-UTAB0", Err(ReferenceError::Letter));
    check_order("HRVEN–UTABR", Err(ReferenceError::Letter));
    check_order("HRVEN-UTÅBR", Err(ReferenceError::Letter));
    check_ticket(&reference, Err(ReferenceError::Length));
}

/// 22⁹ is more than 2⁴⁰ and 22¹⁴ more than 2⁶²: the words in between have right check letters, yet were never given out.
#[test]
fn refuses_numbers_beyond_the_range() {
    let word = |letters: &[u8]| {
        letters
            .iter()
            .map(|letter| char::from(*letter))
            .collect::<String>()
    };
    check_order(
        &word(&letters::write::<ORDER_LETTERS>(1 << 40)),
        Err(ReferenceError::Check),
    );
    check_ticket(
        &word(&letters::write::<TICKET_LETTERS>(1 << 62)),
        Err(ReferenceError::Check),
    );
}

#[test]
fn refuses_tickets_with_bits_above_the_order() {
    for bit in 52..62 {
        let letters = letters::write(key().scatter(Purpose::Ticket, 1 << bit | 5));
        check_ticket(&TicketCode(letters).to_string(), Err(ReferenceError::Check));
    }
}

/// Two random words agree in 1 of 22 places; a fixed key makes the outcome the same at each run.
#[test]
fn neighbours_look_unrelated() {
    let references: Vec<_> = (0..=2_200)
        .map(|number| key().order_reference(OrderNumber(number)))
        .collect();
    let agreements: Vec<_> = references
        .windows(2)
        .map(|pair| agreeing(pair[0], pair[1]))
        .collect();
    assert!(
        agreements.iter().all(|agreeing| *agreeing <= 5),
        "{:?}",
        agreements.iter().max()
    );
    let agreeing: usize = agreements.iter().sum();
    assert!(
        (850..1_150).contains(&agreeing),
        "{agreeing} of 22000 letters agree"
    );
}

#[test]
#[should_panic(expected = "order number 1099511627776 is out of range")]
fn no_reference_after_the_last() {
    key().order_reference(OrderNumber(OrderNumber::MAX.0 + 1));
}

#[test]
fn is_serialised_as_text_and_hidden_from_logs() {
    let code = key().ticket_code(OrderNumber(1), TicketIndex(0));
    assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{code}\""));
    let reference = key().order_reference(OrderNumber(1));
    assert_eq!(
        serde_json::to_string(&reference).unwrap(),
        format!("\"{reference}\"")
    );
    assert_eq!(format!("{code:?} {:?}", key()), "TicketCode(…) ReferenceKey(…)");
}

proptest! {
    #[test]
    fn orders_round_trip(key in any_key(), order in any_order()) {
        let reference = key.order_reference(order).to_string();
        prop_assert_eq!(reference.len(), 11);
        prop_assert_eq!(key.parse_order(&reference), Ok(order));
    }

    #[test]
    fn tickets_round_trip(key in any_key(), order in any_order(), index in any_index()) {
        let code = key.ticket_code(order, index).to_string();
        prop_assert_eq!(code.len(), 17);
        prop_assert_eq!(key.parse_ticket(&code), Ok((order, index)));
    }

    /// The other way round: what parses is written the same, so no two texts mean one order.
    #[test]
    fn any_word_is_refused_or_the_one_reference(key in any_key(), word in 0..=22_u64.pow(9) - 1) {
        let reference = OrderReference(letters::write(word)).to_string();
        match key.parse_order(&reference) {
            Ok(order) => prop_assert_eq!(key.order_reference(order).to_string(), reference),
            Err(error) => prop_assert!(error == ReferenceError::Check && word >> 40 != 0),
        }
    }

    #[test]
    fn a_wrong_letter_is_noticed(order in any_order(), place in 0..ORDER_LETTERS, step in 1..22_u8) {
        let typed = with_typo(key().order_reference(order).0, place, step);
        prop_assert_eq!(key().parse_order(&typed), Err(ReferenceError::Check));
    }

    #[test]
    fn nothing_typed_panics(text: String) {
        prop_assert!(key().parse_order(&text).is_err());
        prop_assert!(key().parse_ticket(&text).is_err());
    }

    #[test]
    fn another_key_reads_another_order(order in any_order(), bit in 0..128_u32) {
        let flipped: u128 = u128::from_le_bytes(key().0) ^ (1_u128 << bit);
        let other = ReferenceKey::new(flipped.to_le_bytes());
        prop_assert_ne!(other.order_reference(order), key().order_reference(order));
    }
}
