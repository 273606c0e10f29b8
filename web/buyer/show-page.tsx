/** A show: its live map, and the ways to places on it. */
import { useEffect, useMemo } from "preact/hooks";
import type { Show } from "../api/client";
import { format, words } from "../text/language";
import { ConnectionNote } from "./connection-state";
import { HeldOrder } from "./held-order";
import { Legend } from "./legend";
import { Opener, later } from "./later";
import { MapHost } from "./map-host";
import { Loading, Note, ProblemNote } from "./note";
import { PickedPlaces, isSoldOut } from "./picked-places";
import { type Seen, ShowVisit } from "./show-visit";
import { TogetherForm } from "./together-form";
import { Title } from "./title";
import { ZonePlaces } from "./zone-places";

const SharedSelection = later(() => import("./later/shared-selection").then((part) => part.SharedSelection));
const EmailField = later(() => import("./later/email-field").then((part) => part.EmailField));
const Line = later(() => import("./later/line").then((part) => part.Line));
const Waitlist = later(() => import("./later/waitlist").then((part) => part.Waitlist));
const CodeField = later(() => import("./later/code").then((part) => part.CodeField));

export function ShowPage({ id }: { id: string }) {
  const visit = useMemo(() => new ShowVisit(id), [id]);
  useEffect(() => () => visit.close(), [visit]);
  const seen = visit.seen.value;
  const w = words.value;
  if (visit.problem.value) {
    return (
      <>
        <Title name={w.show} />
        <ProblemNote problem={visit.problem.value} onRetry={() => void visit.open()} />
      </>
    );
  }
  if (!seen) return <Loading />;
  const { show } = seen;
  const isMapDrawn = visit.isMapDrawn.value;
  const hasLine = show.line && (show.state === "open" || show.state === "scheduled");
  return (
    <>
      <header class="show-head">
        <Title name={show.title} />
        <p class="when">
          {isMapDrawn && <time dateTime={show.starts_at}>{format.value.dateTime(show.starts_at, show.time_zone)}</time>}
          <span> · {seen.plan.name}</span>
        </p>
        {isMapDrawn && <ShowStateNote show={show} />}
      </header>
      {hasLine && isMapDrawn && <Line visit={visit} />}
      {hasLine && visit.waits.value ? (
        isMapDrawn && <HeldOrder visit={visit} />
      ) : (
        <ShowGrid visit={visit} seen={seen} isMapDrawn={isMapDrawn} />
      )}
    </>
  );
}

function ShowGrid({ visit, seen, isMapDrawn }: { visit: ShowVisit; seen: Seen; isMapDrawn: boolean }) {
  const w = words.value;
  const { show } = seen;
  return (
    <div class="show">
      <section class="stage" aria-label={w.map.map}>
        <ConnectionNote followed={seen.followed} />
        <MapHost visit={visit} />
        {isMapDrawn && <Legend visit={visit} />}
      </section>
      <section class="panel" aria-label={w.yourSeats}>
        {isMapDrawn && visit.entry.value && <Waitlist visit={visit} />}
        {isMapDrawn && <HeldOrder visit={visit} />}
        {isMapDrawn && show.state === "open" && !visit.held.value && (
          <>
            {visit.shared && <SharedSelection visit={visit} id={visit.shared} />}
            {show.places_per_email_max && !visit.exchanging && <EmailField visit={visit} placesMax={show.places_per_email_max} />}
            <PickedPlaces visit={visit} />
            <Opener name={w.haveCode} part={CodeField} visit={visit} />
            <ZonePlaces visit={visit} />
            {seen.plan.seats.length > 0 && <TogetherForm visit={visit} />}
            {show.waitlist && !visit.entry.value && (isSoldOut(visit) ? <Waitlist visit={visit} /> : <Opener name={w.waitInstead} part={Waitlist} visit={visit} isAsked />)}
          </>
        )}
      </section>
    </div>
  );
}

function ShowStateNote({ show }: { show: Show }) {
  const w = words.value;
  if (show.state === "open") return null;
  if (show.state === "scheduled") {
    return <Note tone="info">{show.on_sale_at ? w.onSaleAt(format.value.dateTime(show.on_sale_at, show.time_zone)) : w.notYetOnSale}</Note>;
  }
  return <Note tone={show.state === "canceled" ? "problem" : "info"}>{w.showStates[show.state] ?? show.state}</Note>;
}
