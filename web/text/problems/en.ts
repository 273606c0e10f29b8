import type { DeclineCode } from "../../api/client";
import type { ProblemTexts } from "../words";

const reload = "Something went wrong on this page. Reload it and try again.";

/** What each of the office's refusals means to a buyer, and what they can do now. */
export const problems: ProblemTexts = {
  no_answer: "The box office can't be reached. Check your connection and try again.",
  bad_request: reload,
  invalid: "Something in your choice isn't possible. Check it and try again.",
  unauthorized: "Your visit has ended. Reload the page to begin a new one.",
  forbidden: "This isn't possible from here. Ask the organiser.",
  not_found: "There is nothing here. It may belong to another device.",
  forgotten: reload,
  uri_too_long: reload,
  method_not_allowed: reload,
  too_large: reload,
  transferred_too_often: reload,
  unsupported_media_type: reload,
  request_timeout: "That took too long. Try again.",
  seats_taken: "Somebody else was faster.",
  not_together: "There are not that many seats side by side any more. Try fewer, or another price.",
  show_closed: "The sale is closed at the moment.",
  not_on_sale: ({ on_sale_at: at }, { dateTime }) =>
    at ? `The sale begins on ${dateTime(at)}.` : "The sale has not begun yet.",
  sale_ended: "The sale has ended.",
  order_limit: ({ order_places_max: most }) => `One order can have ${most ?? "so many"} places at most.`,
  ticket_type_not_sold: reload,
  ticket_type_limit: "There are too few or too many tickets of one kind.",
  ticket_type_only_with: "Tickets of one kind are sold only with others.",
  session_limit: ({ session_places_max: most }) =>
    `You can have ${most ?? "so many"} places for this show at most, with those that you have already.`,
  email_required: "Your e-mail address is missing.",
  email_limit: "There are too many places for this e-mail address.",
  order_expired: "Your time to pay was up, and the places went back on sale. You have not been charged.",
  order_canceled: "This order was given up.",
  order_paid: "This order is paid already.",
  order_not_paid: "This order is not paid yet.",
  order_refunded: "These tickets were given back already.",
  payment_in_progress: "A payment is under way already. Give it a moment.",
  payment_given_up: "This payment was given up for another one.",
  provider_unavailable: "This way to pay doesn't work at the moment. You have not been charged: try another way.",
  payment_declined: "The payment was declined.",
  tickets_not_live: "These tickets were given back already.",
  ticket_transferred: "This ticket was passed on.",
  returns_over: ({ returns_until: until }, { dateTime }) =>
    until ? `Tickets could be given back until ${dateTime(until)}.` : "Tickets can't be given back any more.",
  show_canceled: "This show is canceled. Money for tickets goes back by itself.",
  payment_disputed: "Your bank has called this payment back. Ask the organiser.",
  already_checked_in: "A ticket that was used can't be given back.",
  show_over: "This show is over.",
  too_many_selections: "You have shared very many selections already.",
  idempotency_key_reused: reload,
  too_many_requests: "That was a bit much at once. Wait a moment and try again.",
  busy: "Very many people want tickets at the moment. Nothing was changed: try again.",
  unavailable: "The box office is away for a moment. Nothing was changed: try again.",
  outcome_unknown: "It isn't known yet whether that worked. Try again: nothing is ever done or paid twice.",
  too_many_viewers: "Very many people look at this show at the moment. Try again soon.",
  internal: "The box office has made a mistake. Try again: nothing is ever done or paid twice.",
};

export const declines: Record<DeclineCode, string> = {
  card_declined: "The bank has declined the card.",
  insufficient_funds: "There is not enough money on the card.",
  expired_card: "The card has expired.",
  incorrect_cvc: "The security code is wrong.",
  incorrect_number: "The card's number is wrong.",
  authentication_failed: "The bank has not confirmed the payment.",
  not_supported: "The card can't be used for this.",
  processing_error: "The bank could not handle the payment.",
  not_paid_in_time: "The payment was not finished in time.",
  given_up: "The payment was given up.",
  refused: "The payment was declined.",
};
