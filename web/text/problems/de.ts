import type { DeclineCode } from "../../api/client";
import type { ProblemTexts } from "../words";

const reload = "Auf dieser Seite ist etwas schiefgegangen. Laden Sie sie neu und versuchen Sie es noch einmal.";

export const problems: ProblemTexts = {
  no_answer: "Die Kasse ist nicht zu erreichen. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.",
  bad_request: reload,
  invalid: "Etwas an Ihrer Auswahl ist nicht möglich. Prüfen Sie sie und versuchen Sie es noch einmal.",
  unauthorized: "Ihr Besuch ist abgelaufen. Laden Sie die Seite neu, um einen neuen zu beginnen.",
  forbidden: "Das ist von hier aus nicht möglich. Fragen Sie den Veranstalter.",
  not_found: "Hier ist nichts. Vielleicht gehört es zu einem anderen Gerät.",
  forgotten: reload,
  uri_too_long: reload,
  method_not_allowed: reload,
  too_large: reload,
  transferred_too_often: reload,
  unsupported_media_type: reload,
  request_timeout: "Das hat zu lange gedauert. Versuchen Sie es noch einmal.",
  seats_taken: "Jemand anderes war schneller.",
  not_together: "So viele Plätze nebeneinander gibt es nicht mehr. Versuchen Sie weniger oder einen anderen Preis.",
  show_closed: "Der Verkauf ist zurzeit geschlossen.",
  not_on_sale: ({ on_sale_at: at }, { dateTime }) =>
    at ? `Der Verkauf beginnt am ${dateTime(at)}.` : "Der Verkauf hat noch nicht begonnen.",
  sale_ended: "Der Verkauf ist beendet.",
  order_limit: ({ order_places_max: most }) => `Eine Bestellung kann höchstens ${most ?? "so viele"} Plätze haben.`,
  ticket_type_not_sold: reload,
  ticket_type_limit: "Von einer Kartenart sind es zu wenige oder zu viele.",
  ticket_type_only_with: "Eine Kartenart gibt es nur mit anderen zusammen.",
  session_limit: ({ session_places_max: most }) =>
    `Sie können für diese Vorstellung höchstens ${most ?? "so viele"} Plätze haben, mit denen, die Sie schon haben.`,
  email_required: "Ihre E-Mail-Adresse fehlt.",
  email_limit: "Ihre E-Mail-Adresse hat zu viele.",
  order_expired: "Ihre Zeit zum Bezahlen war um, und die Plätze sind wieder im Verkauf. Es wurde nichts abgebucht.",
  order_canceled: "Diese Bestellung wurde aufgegeben.",
  order_paid: "Diese Bestellung ist schon bezahlt.",
  order_not_paid: "Diese Bestellung ist noch nicht bezahlt.",
  order_refunded: "Diese Karten wurden schon zurückgegeben.",
  payment_in_progress: "Eine Zahlung läuft schon. Warten Sie einen Augenblick.",
  payment_given_up: "Diese Zahlung wurde für eine andere aufgegeben.",
  provider_unavailable: "So kann zurzeit nicht bezahlt werden. Es wurde nichts abgebucht: Versuchen Sie es anders.",
  payment_declined: "Die Zahlung wurde abgelehnt.",
  tickets_not_live: "Diese Karten wurden schon zurückgegeben.",
  ticket_transferred: "Diese Karten wurden schon weitergegeben.",
  returns_over: ({ returns_until: until }, { dateTime }) =>
    until ? `Karten konnten bis ${dateTime(until)} zurückgegeben werden.` : "Karten können nicht mehr zurückgegeben werden.",
  show_canceled: "Diese Vorstellung fällt aus. Das Geld für Karten geht von selbst zurück.",
  payment_disputed: "Ihre Bank hat diese Zahlung zurückgerufen. Fragen Sie den Veranstalter.",
  already_checked_in: "Eine benutzte Karte kann nicht zurückgegeben werden.",
  show_over: "Diese Vorstellung ist vorbei.",
  too_many_selections: "Sie haben schon sehr viele Auswahlen geteilt.",
  idempotency_key_reused: reload,
  too_many_requests: "Das war etwas viel auf einmal. Warten Sie einen Augenblick und versuchen Sie es noch einmal.",
  busy: "Sehr viele Menschen möchten gerade Karten. Es wurde nichts geändert: Versuchen Sie es noch einmal.",
  unavailable: "Die Kasse ist einen Augenblick nicht da. Es wurde nichts geändert: Versuchen Sie es noch einmal.",
  outcome_unknown:
    "Es ist noch nicht bekannt, ob das geklappt hat. Versuchen Sie es noch einmal: Nichts wird doppelt getan oder bezahlt.",
  too_many_viewers: "Sehr viele Menschen sehen sich gerade diese Vorstellung an. Versuchen Sie es noch einmal.",
  internal: "Die Kasse hat einen Fehler gemacht. Versuchen Sie es noch einmal: Nichts wird doppelt getan oder bezahlt.",
};

export const declines: Record<DeclineCode, string> = {
  card_declined: "Die Bank hat die Karte abgelehnt.",
  insufficient_funds: "Auf der Karte ist nicht genug Geld.",
  expired_card: "Die Karte ist abgelaufen.",
  incorrect_cvc: "Die Prüfziffer stimmt nicht.",
  incorrect_number: "Die Kartennummer stimmt nicht.",
  authentication_failed: "Die Bank hat die Zahlung nicht bestätigt.",
  not_supported: "Die Karte kann hierfür nicht benutzt werden.",
  processing_error: "Die Bank konnte die Zahlung nicht ausführen.",
  not_paid_in_time: "Die Zahlung wurde nicht rechtzeitig abgeschlossen.",
  given_up: "Die Zahlung wurde aufgegeben.",
  refused: "Die Zahlung wurde abgelehnt.",
};
