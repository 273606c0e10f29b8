import type { PageText } from "../words";

export const page: PageText = {
  office: "Kasse",
  pages: "Seiten",
  language: "Sprache",
  skip: "Zum Inhalt",
  loading: "Wird geladen …",
  tryAgain: "Noch einmal versuchen",
  oneMoment: "Einen Augenblick …",
  nothingHere: "Unter dieser Adresse ist nichts",
  toShows: "Zu den Vorstellungen",
  sessionEnded: "Ihr früherer Besuch ist abgelaufen, dies ist ein neuer. Frühere Bestellungen lassen sich von hier aus nicht mehr ändern; Karten, die Sie haben, bleiben gültig.",

  shows: "Vorstellungen",
  noShows: "Zurzeit gibt es keine Vorstellungen.",
  moreShows: "Weitere Vorstellungen",
  from: (price) => `ab ${price}`,
  showStates: {
    draft: "Entwurf",
    scheduled: "Bald im Verkauf",
    open: "Im Verkauf",
    closed: "Nicht im Verkauf",
    canceled: "Fällt aus",
    over: "Vorbei",
  },

  show: "Vorstellung",
  onSaleAt: (at) => `Der Verkauf beginnt am ${at}.`,
  notYetOnSale: "Der Verkauf hat noch nicht begonnen.",
  connections: {
    connecting: "Verbindung wird aufgebaut …",
    live: "Live",
    stale: "Nicht auf dem neuesten Stand",
    offline: "Keine Verbindung",
  },
  staleNote: "Der Plan ist vielleicht einige Augenblicke alt: Die Kasse wird gerade repariert. Ihre Auswahl bleibt erhalten.",
  offlineNote: "Die Kasse ist nicht zu erreichen, und der Plan steht still. Es geht von selbst weiter.",
  legend: "Was der Plan zeigt",

  yourSeats: "Ihre Plätze",
  pickHint: "Wählen Sie Plätze im Plan, oder lassen Sie uns Plätze nebeneinander finden.",
  soldOut: "Zurzeit ist alles vergeben. Vorgemerkte Plätze können wieder frei werden: Diese Seite zeigt es sofort.",
  pickedSeat: (seat, picked) => (picked ? `${seat} ausgewählt` : `${seat} nicht mehr ausgewählt`),
  remove: (place) => `${place} entfernen`,
  places: (count) => (count === 1 ? "1 Platz" : `${count} Plätze`),
  zonePlaces: (zone, count) => `${count} × ${zone}`,
  holdFor: (minutes) => (minutes < 1 ? "Plätze vormerken" : `Für ${minutes} ${minutes === 1 ? "Minute" : "Minuten"} vormerken`),
  total: "Summe",
  haveCode: "Ich habe einen Code",
  share: "Diese Plätze zeigen",
  seatsLost: (seats) =>
    seats.length === 1
      ? `Jemand anderes hat gerade ${seats[0]} genommen.`
      : `Andere haben gerade genommen: ${seats.join("; ")}.`,
  insteadFree: "Die nächsten freien Plätze zum selben Preis:",
  takeInstead: (count) => (count === 1 ? "Diesen Platz nehmen" : `Diese ${count} Plätze nehmen`),
  pickMyself: "Selbst wählen",
  noneInstead: "In der Nähe ist zum selben Preis nichts frei. Wählen Sie andere Plätze.",

  withoutNumbers: "Plätze ohne Nummern",
  zoneLeft: (zone, free) => `Noch frei: ${free} × ${zone}.`,
  fewer: (zone) => `Ein Platz weniger: ${zone}`,
  more: (zone) => `Ein Platz mehr: ${zone}`,
  together: "Plätze nebeneinander",
  togetherHint: "Wir merken die besten freien Plätze nebeneinander vor.",
  howMany: "Wie viele",
  price: "Preis",
  anyPrice: "Jeder Preis",
  moreWishes: "Weitere Wünsche",
  waitInstead: "Auf andere Plätze warten",
  findTogether: "Plätze finden",

  heldForYou: "Für Sie vorgemerkt",
  toOrder: "Zu dieser Bestellung",
  heldAlready: "Sie haben schon eine Bestellung. Bezahlen Sie sie oder geben Sie sie auf, dann wählen Sie andere Plätze.",
  leftToPay: "bleiben zum Bezahlen",
  goOnToPay: "Weiter zum Bezahlen",
  giveUp: "Diese Plätze aufgeben",
  minutesLeft: (minutes) =>
    minutes === 0
      ? "Die Zeit zum Bezahlen ist um."
      : minutes === 1
        ? "Noch eine Minute zum Bezahlen."
        : `Noch ${minutes} Minuten zum Bezahlen.`,

  lapsed: "Ihre Zeit zum Bezahlen war um. Die Plätze sind wieder im Verkauf.",
  stillHeld: "Ihre Plätze bleiben vorgemerkt: Versuchen Sie es noch einmal oder anders.",

  orders: "Bestellungen",
  unread: (count) => `(${count} neu)`,
};
