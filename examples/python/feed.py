"""The live feed by a WebSocket, and the fold that makes a map of it."""

import json
from collections.abc import Generator

from boxoffice.models import Event, EventsFrame, EventType, SeatState, SnapshotFrame
from websockets.sync.client import connect

# What an event makes of the seats that it names; others change no seat.
BECOMES = {
    EventType.BOOKED: SeatState.HELD,
    EventType.CANCELED: SeatState.FREE,
    EventType.TIMED_OUT: SeatState.FREE,
    EventType.RETURNED: SeatState.FREE,
    EventType.UNBLOCKED: SeatState.FREE,
    EventType.PAID: SeatState.SOLD,
    EventType.BLOCKED: SeatState.BLOCKED,
}


class View:
    """A show as its viewer sees it."""

    def __init__(self) -> None:
        self.seats: dict[str, SeatState] = {}
        # The last event that is in it.
        self.offset = 0
        # The events that came one by one.
        self.events: list[Event] = []

    def follow(self, feed: Generator[SnapshotFrame | EventsFrame], until: int = 0) -> None:
        """Takes a frame at least, and more until the event of this number is in."""
        for frame in feed:
            if isinstance(frame, SnapshotFrame):
                self.seats = dict(frame.seats.additional_properties)
                self.offset = frame.offset
            else:
                for event in frame.events:
                    self.fold(event)
            if self.offset >= until:
                return
        raise AssertionError("the feed has ended")

    def fold(self, event: Event) -> None:
        """Takes an event, which must be the next one."""
        assert event.offset == self.offset + 1, f"event {event.offset} came after {self.offset}"
        if event.type_ in BECOMES:
            self.seats.update(dict.fromkeys(event.seats, BECOMES[event.type_]))
        self.offset = event.offset
        self.events.append(event)


def frames(office: str, show: str, after: int | None = None) -> Generator[SnapshotFrame | EventsFrame]:
    """The frames of a show: a snapshot first, or the events after a number, until the caller has had enough."""
    url = office.replace("http", "ws", 1) + f"/v1/shows/{show}/live"
    with connect(url if after is None else f"{url}?from={after}", max_size=None) as connection:
        for text in connection:
            frame = json.loads(text)
            if frame["type"] == "snapshot":
                yield SnapshotFrame.from_dict(frame)
            elif frame["type"] == "events":
                yield EventsFrame.from_dict(frame)
            # Else it is `resync`: a snapshot follows, and stands for all that was before.
