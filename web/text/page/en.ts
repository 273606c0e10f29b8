/** The page's sentences. */
import type { ShowWord } from "../../api/client";
import type { Connection } from "../../feed/follow";

const showStates: Record<ShowWord, string> = {
  draft: "Draft",
  scheduled: "On sale soon",
  open: "On sale",
  closed: "Not on sale",
  canceled: "Canceled",
  over: "Over",
};

const connections: Record<Connection, string> = {
  connecting: "Connecting …",
  live: "Live",
  stale: "Not up to date",
  offline: "No connection",
};

export const page = {
  office: "Box office",
  pages: "Pages",
  language: "Language",
  skip: "To the content",
  loading: "Loading …",
  tryAgain: "Try again",
  oneMoment: "One moment …",
  nothingHere: "There is nothing at this address",
  toShows: "To the shows",
  sessionEnded: "Your earlier visit has ended, and this is a new one. Orders of before can't be changed from here; tickets that you have stay good.",

  shows: "Shows",
  noShows: "No shows at the moment.",
  moreShows: "More shows",
  from: (price: string) => `from ${price}`,
  showStates,

  show: "Show",
  onSaleAt: (at: string) => `The sale begins on ${at}.`,
  notYetOnSale: "The sale has not begun yet.",
  connections,
  staleNote: "The map may be some moments old: the office is being repaired. Your picks are kept.",
  offlineNote: "The office can't be reached, and the map stands still. It goes on by itself.",
  legend: "What the map shows",

  yourSeats: "Your places",
  pickHint: "Pick seats on the map, or let us find seats together.",
  soldOut: "Everything is taken at the moment. Places that are held may come back: this page shows it at once.",
  pickedSeat: (seat: string, picked: boolean) => (picked ? `${seat} picked` : `${seat} no longer picked`),
  remove: (place: string) => `Remove ${place}`,
  places: (count: number) => (count === 1 ? "1 place" : `${count} places`),
  zonePlaces: (zone: string, count: number) => `${count} × ${zone}`,
  holdFor: (minutes: number) => (minutes < 1 ? "Hold these places" : `Hold for ${minutes} ${minutes === 1 ? "minute" : "minutes"}`),
  total: "Total",
  haveCode: "I have a code",
  share: "Share these places",
  seatsLost: (seats: string[]) =>
    seats.length === 1 ? `Somebody else has just taken ${seats[0]}.` : `Others have just taken: ${seats.join("; ")}.`,
  insteadFree: "The nearest free seats at the same price:",
  takeInstead: (count: number) => (count === 1 ? "Take this seat" : `Take these ${count} seats`),
  pickMyself: "Pick myself",
  noneInstead: "There is nothing free near it at the same price. Pick other seats.",

  withoutNumbers: "Places without numbers",
  zoneLeft: (zone: string, free: number) => `Still free: ${free} × ${zone}.`,
  fewer: (zone: string) => `One place less: ${zone}`,
  more: (zone: string) => `One place more: ${zone}`,
  together: "Seats together",
  togetherHint: "We hold the best free seats side by side.",
  howMany: "How many",
  price: "Price",
  anyPrice: "Any price",
  moreWishes: "More wishes",
  waitInstead: "Wait for other places",
  findTogether: "Find seats",

  heldForYou: "Held for you",
  toOrder: "To this order",
  heldAlready: "You have an order already. Pay it or give it up, then pick other seats.",
  leftToPay: "left to pay",
  goOnToPay: "Go on to pay",
  giveUp: "Give up these places",
  minutesLeft: (minutes: number) =>
    minutes === 0 ? "The time to pay is up." : minutes === 1 ? "One minute left to pay." : `${minutes} minutes left to pay.`,

  lapsed: "Your time to pay was up. The places are back on sale.",
  stillHeld: "Your places are still held: try again, or another way to pay.",

  orders: "My orders",
  unread: (count: number) => `(${count} new)`,
};
