import type { DeclineCode } from "../../api/client";
import type { ProblemTexts } from "../words";

export const problems: ProblemTexts = {
  no_answer: "Die Kasse ist nicht zu erreichen. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.",
  bad_request: "Die Kasse hat diese Seite nicht verstanden. Laden Sie sie neu und versuchen Sie es noch einmal.",
  invalid: "Etwas an Ihrer Auswahl ist nicht möglich. Prüfen Sie sie und versuchen Sie es noch einmal.",
  unauthorized: "Ihr Besuch ist abgelaufen. Laden Sie die Seite neu, um einen neuen zu beginnen.",
  forbidden: "Das ist von hier aus nicht möglich. Fragen Sie den Veranstalter.",
  not_found: "Hier ist nichts. Vielleicht gehört es zu einem anderen Gerät, oder die Adresse stimmt nicht.",
  forgotten: "Das ist zu lange her. Laden Sie die Seite neu.",
  uri_too_long: "Diese Adresse ist zu lang.",
  method_not_allowed: "Die Kasse hat diese Seite nicht verstanden. Laden Sie sie neu und versuchen Sie es noch einmal.",
  too_large: "Das ist zu viel auf einmal.",
  unsupported_media_type: "Die Kasse hat diese Seite nicht verstanden. Laden Sie sie neu und versuchen Sie es noch einmal.",
  request_timeout: "Das hat zu lange gedauert. Versuchen Sie es noch einmal.",
  plan_invalid: "Der Saalplan hat einen Fehler. Sagen Sie es dem Veranstalter.",
  seats_taken: "Jemand anderes war schneller.",
  not_together: "So viele Plätze nebeneinander gibt es nicht mehr. Versuchen Sie es mit weniger oder mit einem anderen Preis.",
  show_closed: "Der Verkauf ist zurzeit geschlossen.",
  not_on_sale: ({ on_sale_at: at }, { dateTime }) =>
    at ? `Der Verkauf beginnt am ${dateTime(at)}.` : "Der Verkauf hat noch nicht begonnen.",
  sale_ended: "Der Verkauf ist beendet.",
  order_limit: ({ order_places_max: most }) =>
    most ? `Eine Bestellung kann höchstens ${most} Plätze haben.` : "Das sind zu viele Plätze für eine Bestellung.",
  session_limit: ({ session_places_max: most }) =>
    most
      ? `Sie können für diese Vorstellung höchstens ${most} Plätze haben, mit denen, die Sie schon haben.`
      : "Mehr Plätze können Sie für diese Vorstellung nicht haben.",
  order_expired: "Ihre Zeit zum Bezahlen war um, und die Plätze sind wieder im Verkauf. Es wurde nichts abgebucht.",
  order_canceled: "Diese Bestellung wurde aufgegeben.",
  order_paid: "Diese Bestellung ist schon bezahlt.",
  order_not_paid: "Diese Bestellung ist noch nicht bezahlt.",
  order_refunded: "Diese Karten wurden schon zurückgegeben.",
  payment_in_progress: "Eine Zahlung läuft schon. Warten Sie einen Augenblick.",
  payment_given_up: "Diese Zahlung wurde für eine andere aufgegeben.",
  provider_unavailable:
    "So kann zurzeit nicht bezahlt werden. Es wurde nichts abgebucht: Versuchen Sie es gleich noch einmal oder anders.",
  payment_declined: "Die Zahlung wurde abgelehnt. Ihre Plätze bleiben vorgemerkt: Versuchen Sie es noch einmal oder anders.",
  tickets_not_live: "Einige dieser Karten wurden schon zurückgegeben.",
  returns_over: ({ returns_until: until }, { dateTime }) =>
    until ? `Karten konnten bis ${dateTime(until)} zurückgegeben werden.` : "Karten können nicht mehr zurückgegeben werden.",
  show_canceled: "Diese Vorstellung fällt aus. Das Geld für Karten geht von selbst zurück.",
  notice_invalid: "Die Nachricht des Zahlungsanbieters war nicht zu lesen.",
  seats_not_free: "Einige dieser Plätze sind nicht frei.",
  seats_not_blocked: "Einige dieser Plätze sind schon im Verkauf.",
  payment_disputed: "Ihre Bank hat diese Zahlung zurückgerufen. Fragen Sie den Veranstalter.",
  already_checked_in: "Eine benutzte Karte kann nicht zurückgegeben werden.",
  show_over: "Diese Vorstellung ist vorbei.",
  wrong_show: "Diese Karte gilt für eine andere Vorstellung.",
  last_key: "Der letzte Schlüssel kann nicht entzogen werden.",
  too_many_keys: "Es gibt zu viele Schlüssel.",
  idempotency_key_reused: "Auf dieser Seite ist etwas schiefgegangen. Laden Sie sie neu und versuchen Sie es noch einmal.",
  too_many_requests: "Das war etwas viel auf einmal. Warten Sie einen Augenblick und versuchen Sie es noch einmal.",
  busy: "Sehr viele Menschen möchten gerade Karten. Es wurde nichts geändert: Versuchen Sie es noch einmal.",
  unavailable: "Die Kasse ist einen Augenblick nicht da. Es wurde nichts geändert: Versuchen Sie es noch einmal.",
  outcome_unknown:
    "Es ist noch nicht bekannt, ob das geklappt hat. Versuchen Sie es noch einmal: Nichts wird doppelt getan oder bezahlt.",
  too_many_viewers: "Sehr viele Menschen sehen sich gerade diese Vorstellung an. Versuchen Sie es gleich noch einmal.",
  internal: "Die Kasse hat einen Fehler gemacht. Versuchen Sie es noch einmal: Nichts wird doppelt getan oder bezahlt.",
};

export const declines: Record<DeclineCode, string> = {
  card_declined: "Die Bank hat die Karte abgelehnt.",
  insufficient_funds: "Auf der Karte ist nicht genug Geld.",
  expired_card: "Die Karte ist abgelaufen.",
  incorrect_cvc: "Die Prüfziffer stimmt nicht.",
  incorrect_number: "Die Kartennummer stimmt nicht.",
  authentication_failed: "Die Zahlung wurde bei der Bank nicht bestätigt.",
  not_supported: "Die Karte kann hierfür nicht benutzt werden.",
  processing_error: "Die Bank konnte die Zahlung nicht ausführen. Versuchen Sie es noch einmal.",
  not_paid_in_time: "Die Zahlung wurde nicht rechtzeitig abgeschlossen.",
  given_up: "Die Zahlung wurde aufgegeben.",
  refused: "Die Zahlung wurde abgelehnt.",
};
