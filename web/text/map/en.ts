import type { MapText } from "../../map/text";

export const english: MapText = {
  map: "Seat map",
  keys: "Arrow keys go from seat to seat, Page Up and Page Down from section to section, Enter picks a seat.",
  chooseSection: "Section",
  stage: "Stage",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  whole: "Show the whole map",
  states: {
    free: "free",
    held: "held by somebody",
    sold: "sold",
    blocked: "not for sale",
    own: "yours",
    selected: "picked",
    taken: "just taken by somebody else",
    alone: "would be left alone",
  },
  marks: { accessible: "wheelchair place", companion: "beside a wheelchair place", restricted: "restricted view" },
  section: (name) => `Section ${name}`,
  row: (name) => `row ${name}`,
  seat: (number) => `seat ${number}`,
  placesFree: (count) => `${count} free`,
  connections: {
    connecting: "Connecting …",
    live: "",
    stale: "This may be out of date: the ticket office is having trouble.",
    offline: "No connection: this is how it was last.",
  },
  unavailable: "The seat map can't be shown now.",
};
