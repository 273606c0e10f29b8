import type { MapText } from "../../map/text";

export const german: MapText = {
  map: "Saalplan",
  keys: "Pfeiltasten führen von Platz zu Platz, Bild auf und Bild ab von Block zu Block, die Eingabetaste wählt einen Platz.",
  chooseSection: "Block",
  stage: "Bühne",
  zoomIn: "Vergrößern",
  zoomOut: "Verkleinern",
  whole: "Ganzen Plan zeigen",
  states: {
    free: "frei",
    held: "gerade vorgemerkt",
    sold: "verkauft",
    blocked: "nicht im Verkauf",
    own: "Ihr Platz",
    selected: "ausgewählt",
    taken: "gerade von jemand anderem genommen",
    alone: "bliebe allein übrig",
  },
  marks: { accessible: "Rollstuhlplatz", companion: "neben einem Rollstuhlplatz", restricted: "eingeschränkte Sicht" },
  section: (name) => `Block ${name}`,
  row: (name) => `Reihe ${name}`,
  seat: (number) => `Platz ${number}`,
  placesFree: (count) => `${count} frei`,
  connections: {
    connecting: "Verbindung wird hergestellt …",
    live: "",
    stale: "Das kann veraltet sein: Das Kartenbüro hat gerade Schwierigkeiten.",
    offline: "Keine Verbindung: So war es zuletzt.",
  },
  unavailable: "Der Saalplan kann gerade nicht gezeigt werden.",
};
