"""A tour of a ticket office: make a show, sell seats, let people in, give a ticket back, and watch all of it live."""

import os
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from boxoffice import AuthenticatedClient, Client
from boxoffice.api.keys import create_key
from boxoffice.api.orders import (
    abort_order,
    create_order,
    exchange_order,
    get_payment,
    get_sales,
    list_orders,
    pay_order,
    refund_order,
    update_order,
)
from boxoffice.api.plans import create_plan
from boxoffice.api.sessions import create_session
from boxoffice.api.shows import create_show, get_seat_map, list_events, list_shows
from boxoffice.api.tickets import check_in_ticket, list_tickets
from boxoffice.models import (
    BuyerChange,
    CheckIn,
    CheckInTicket409Problem,
    CheckInTicket409ProblemCode,
    CreateOrder409Problem,
    CreateOrder409ProblemCode,
    DeclineCode,
    Door,
    Event,
    EventsPage,
    Exchange,
    MadeKey,
    Money,
    NewBuyer,
    NewKey,
    NewMoney,
    NewOrder,
    NewPayment,
    NewPlanCategory,
    NewPlanDocument,
    NewPlanRow,
    NewPlanSeat,
    NewPlanSection,
    NewPlanZone,
    NewSession,
    NewShow,
    NewShowPrices,
    NewZonePlaces,
    Order,
    OrderChange,
    OrderExchange,
    OrderState,
    OwnOrdersPage,
    Payment,
    PaymentState,
    PayOrder402Problem,
    PayOrder402ProblemCode,
    Plan,
    Return,
    Returns,
    Role,
    Sales,
    SeatMap,
    SeatState,
    Session,
    Show,
    ShowsPage,
    OrderTickets,
    Together,
)
from boxoffice.types import UNSET, Unset
from feed import View, frames

T = TypeVar("T")

OFFICE = os.environ.get("OFFICE", "http://127.0.0.1:8080")


def caller(token: str) -> AuthenticatedClient:
    """A client that asks with a buyer's token or an organiser's key."""
    return AuthenticatedClient(base_url=OFFICE, token=token)


def new_key() -> str:
    """Every write has a key of its own; whoever repeats the request with it gets the same answer."""
    return str(uuid4())


def expect(answer: object, kind: type[T]) -> T:
    """The answer, which must be of this kind."""
    assert isinstance(answer, kind), f"not a {kind.__name__}: {answer}"
    return answer


def check(what: str, found: object, expected: object) -> None:
    """Says what was found, and ends the tour if it is something else."""
    assert found == expected, f"{what}: {found}, but expected {expected}"
    print(f"{what}: {found}")


anyone = Client(base_url=OFFICE)
organiser = caller(os.environ.get("ORGANISER_KEY", ""))

print("# The organiser makes a show")
seats = [NewPlanSeat(number=str(number), x=number, y=0) for number in range(1, 7)]
hall = NewPlanDocument(
    name="Small hall",
    categories=[NewPlanCategory(name="Stalls")],
    sections=[NewPlanSection(name="A", rows=[NewPlanRow(name="1", category="Stalls", seats=seats)])],
    zones=[NewPlanZone(name="Floor", category="Stalls", capacity=50)],
)
plan = expect(create_plan.sync(client=organiser, body=hall, idempotency_key=new_key()), Plan)
prices = NewShowPrices()
prices["Stalls"] = NewMoney(2500, "EUR")
new_show = NewShow(
    plan=plan.id,
    title="An evening in Python",
    starts_at=datetime.now(UTC) + timedelta(days=7),
    prices=prices,
    returns=Returns.BUYER,
)
show = expect(create_show.sync(client=organiser, body=new_show, idempotency_key=new_key()), Show).id

print("# Anyone finds it, page by page, and looks at its map")
listed: list[str] = []
after: str | Unset | None = UNSET
while after is not None:
    page = expect(list_shows.sync(client=anyone, limit=2, after=after), ShowsPage)
    listed += [one.id for one in page.shows]
    after = page.next_after
check("the list has the show", show in listed, True)
first = expect(get_seat_map.sync(show, client=anyone), SeatMap)
check("its first seat", first.seats["A-1-1"], SeatState.FREE)

print("# A viewer follows it, from a snapshot on")
view = View()
feed = frames(OFFICE, show)
view.follow(feed)
check("the viewer has the same map", view.seats == first.seats.additional_properties, True)

print("# A buyer holds two seats and two places on the floor")


def new_buyer() -> AuthenticatedClient:
    """A buyer with a session of their own."""
    return caller(expect(create_session.sync(client=anyone, body=NewSession()), Session).token)


buyer = new_buyer()
wanted = NewOrder(
    seats=["A-1-1", "A-1-2"],
    zones=[NewZonePlaces(count=2, zone="Floor")],
    buyer=NewBuyer(name="Ada Lovelace", email="ada@example.org", locale="en"),
    attendees=["Ada Lovelace", "Charles Babbage"],
)
key = new_key()
order = expect(create_order.sync(show, client=buyer, body=wanted, idempotency_key=key), Order)
check("the order is", order.state, OrderState.HELD)
check("it costs", order.total.amount, 10_000)
again = expect(create_order.sync(show, client=buyer, body=wanted, idempotency_key=key), Order)
check("the same key gets the same answer", again == order, True)
change = OrderChange(buyer=BuyerChange(email="countess@example.org"))
changed = expect(update_order.sync(order.id, client=buyer, body=change, idempotency_key=new_key()), Order)
check("mail goes to", changed.buyer and changed.buyer.email, "countess@example.org")
own = expect(list_orders.sync(client=buyer), OwnOrdersPage)
check("the buyer's own orders", [one.id for one in own.orders], [order.id])

print("# Another buyer comes too late for one of them, and takes what is best side by side")
other = new_buyer()
late = NewOrder(seats=["A-1-2", "A-1-3"])
taken = expect(create_order.sync(show, client=other, body=late, idempotency_key=new_key()), CreateOrder409Problem)
check("refused", taken.code, CreateOrder409ProblemCode.SEATS_TAKEN)
check("taken", taken.seats, ["A-1-2"])
together = NewOrder(together=Together(count=2, category="Stalls"))
pair = expect(create_order.sync(show, client=other, body=together, idempotency_key=new_key()), Order)
check("side by side", len(pair.seats), 2)
view.follow(feed, pair.journal_offset)
check("the viewer sees", view.seats["A-1-1"], SeatState.HELD)
feed.close()
print("the viewer's connection is cut")

print("# The other one gives up; the buyer's first card is declined, the second isn't")
given_up = expect(abort_order.sync(pair.id, client=other, idempotency_key=new_key()), Order)
check("given up", given_up.state, OrderState.CANCELED)
card = NewPayment(provider="sandbox", payment_method="card_declined")
declined = expect(pay_order.sync(order.id, client=buyer, body=card, idempotency_key=new_key()), PayOrder402Problem)
check("refused", declined.code, PayOrder402ProblemCode.PAYMENT_DECLINED)
check("declined", declined.decline_code, DeclineCode.CARD_DECLINED)
card = NewPayment(provider="sandbox", payment_method="card_ok")
payment = expect(pay_order.sync(order.id, client=buyer, body=card, idempotency_key=new_key()), Payment)
check("paid", payment.state, PaymentState.SUCCEEDED)
looked = expect(get_payment.sync(order.id, payment.id, client=buyer), Payment)
check("the payment is of the order's total", looked.amount == order.total, True)
tickets = expect(list_tickets.sync(order.id, client=buyer), OrderTickets).tickets
check("tickets", sorted(ticket.seat or ticket.zone or "" for ticket in tickets), ["A-1-1", "A-1-2", "Floor", "Floor"])

print("# The organiser gives the door a key of its own")
gate = NewKey(name="Gate", role=Role.DOOR)
gate_key = expect(create_key.sync(client=organiser, body=gate, idempotency_key=new_key()), MadeKey)
at_the_gate = caller(gate_key.key)

print("# At the door a ticket is good once")
code_of = {ticket.seat: ticket.code for ticket in tickets}
door = Door(show=show)
used = code_of["A-1-1"]
let_in = expect(check_in_ticket.sync(used, client=at_the_gate, body=door, idempotency_key=new_key()), CheckIn)
check("let in", let_in.seat, "A-1-1")
refused = expect(
    check_in_ticket.sync(used, client=at_the_gate, body=door, idempotency_key=new_key()), CheckInTicket409Problem
)
check("and not again", refused.code, CheckInTicket409ProblemCode.ALREADY_CHECKED_IN)

print("# The buyer gives the other seat's ticket back")
one = Return(tickets=[code_of["A-1-2"]])
left = expect(refund_order.sync(order.id, client=buyer, body=one, idempotency_key=new_key()), Order)
check("the order is still", left.state, OrderState.PAID)
check("it has", left.seats, ["A-1-1"])
check("refunded", expect(left.refunded, Money).amount, 2500)

print("# A place on the floor is exchanged for a seat of the same price")
floor = next(ticket.code for ticket in tickets if ticket.zone == "Floor")
swap = Exchange(tickets=[floor], seats=["A-1-3"])
key = new_key()
seated = expect(exchange_order.sync(order.id, client=buyer, body=swap, idempotency_key=key), Order)
check("the new order is", seated.state, OrderState.PAID)
check("in exchange for", expect(seated.exchange, OrderExchange).order, order.id)
check("left to pay", expect(seated.due, Money).amount, 0)
once_more = expect(exchange_order.sync(order.id, client=buyer, body=swap, idempotency_key=key), Order)
check("the same key gets the same order", once_more.id, seated.id)

print("# The organiser sums up")
sales = expect(get_sales.sync(show, client=organiser), Sales)
check("sold", (sales.total.sold.places, sales.total.sold.total.amount), (3, 7500))
check("given back", sales.total.returned.places, 2)
check("exactly at", sales.journal_offset, seated.journal_offset)

print("# The viewer comes back where it was, and has missed nothing")
feed = frames(OFFICE, show, view.offset)
view.follow(feed, seated.journal_offset)
feed.close()
now = expect(get_seat_map.sync(show, client=anyone), SeatMap)
check("the viewer has the same map", view.seats == now.seats.additional_properties, True)
check("as of event", view.offset, now.offset)
journal: list[Event] = []
next_event: int | None = 0
while next_event is not None:
    events = expect(list_events.sync(show, client=anyone, after=next_event, limit=2), EventsPage)
    journal += events.events
    next_event = events.next_after
check("and every event once", view.events == journal[first.offset :], True)
