/** A show's line, before whose end nothing can be held: the draw, the way up, and the turn. */
import type { LinePlace } from "../../api/client";
import { Countdown, Loading, Note, ProblemNote, format, more, useEffect, useMemo, useSignal } from "../first";
import type { ShowVisit } from "../show-visit";
import { Field } from "./field";
import { type InLine, inLineOf } from "./in-line";

const PROOF_CHARS_MAX = 4_096;

export function Line({ visit }: { visit: ShowVisit }) {
  const m = more.value;
  const inLine = useMemo(() => inLineOf(visit), [visit]);
  const line = inLine.line.value;
  const place = inLine.place.value;
  const show = visit.seen.value?.show;
  useEffect(() => {
    // A refused hold has said that there is a line after all, or that the turn is over.
    if (visit.waits.value && place?.state === "admitted" && visit.refusal.value?.code === "wait_in_line") {
      visit.dismissConflict();
      void inLine.begin();
    }
  }, [visit.waits.value, visit.refusal.value]);
  useEffect(() => void inLine.look(), [show?.revision]);
  useTitle(place);
  if (!line || !show) return inLine.problem.value ? <ProblemNote problem={inLine.problem.value} onRetry={() => void inLine.begin()} /> : <Loading />;
  const timeOf = (at: string): string => format.value.dateTime(at, show.time_zone);
  if (place?.state === "admitted" && !visit.waits.value) {
    return (
      <Note tone="good" urgent>
        <p>{m.lineStates.admitted}</p>
        <p class="clock">
          <Countdown until={place.admitted_until ?? ""} onEnd={() => void inLine.look()} say={m.lineMinutes} /> {m.lineToHold}
        </p>
      </Note>
    );
  }
  return (
    <div class="card line">
      <h2 id="line" tabIndex={-1}>
        {m.line}
      </h2>
      {place ? <Standing inLine={inLine} place={place} timeOf={timeOf} /> : <Joining inLine={inLine} drawingFrom={timeOf(line.drawing_from)} />}
      {inLine.problem.value && <ProblemNote problem={inLine.problem.value} onRetry={() => void inLine.begin()} />}
    </div>
  );
}

function Joining({ inLine, drawingFrom }: { inLine: InLine; drawingFrom: string }) {
  const m = more.value;
  const proof = useSignal("");
  if (inLine.line.value?.state === "closed") return <p>{m.lineDrawsFrom(drawingFrom)}</p>;
  if (!inLine.asksProof) return inLine.problem.value ? null : <Loading />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void inLine.join(proof.value.trim());
      }}
    >
      <Field
        id="line-proof"
        label={m.lineProof}
        fault={inLine.problem.value?.code === "proof_refused" ? m.lineProofRefused : undefined}
        value={proof.value}
        onValue={(value) => (proof.value = value)}
        attributes={{ type: "text", autocomplete: "off", maxLength: PROOF_CHARS_MAX }}
      />
      <button type="submit" class="primary" disabled={inLine.busy.value || !proof.value.trim()}>
        {m.lineJoin}
      </button>
    </form>
  );
}

function Standing({ inLine, place, timeOf }: { inLine: InLine; place: LinePlace; timeOf(at: string): string }) {
  const m = more.value;
  const estimate = inLine.estimate.value;
  switch (place.state) {
    case "drawn":
      return (
        <>
          <p class="position">{m.lineStates.drawn}</p>
          {place.opens_at && <p>{m.lineOpensAt(timeOf(place.opens_at))}</p>}
          <p class="hint">{m.lineDrawHint}</p>
        </>
      );
    case "over":
      return (
        <>
          <p>{m.lineStates.over}</p>
          <p class="actions">
            <button type="button" class="primary" disabled={inLine.busy.value} onClick={() => void inLine.join()}>
              {m.lineAgain}
            </button>
          </p>
        </>
      );
    default:
      return (
        <>
          <p class="position">{m.lineNumber(place.number ?? 0)}</p>
          <p>
            <b>{m.lineAhead(inLine.ahead.value ?? 0)}</b>{" "}
            {estimate !== undefined && <span>{m.lineEstimate(Math.ceil(estimate / 60))}</span>}
          </p>
          <p class="hint">{m.lineStay}</p>
        </>
      );
  }
}

/** Whoever waits looks at another tab: its name says that it is their turn. */
function useTitle(place: LinePlace | undefined): void {
  const isTurn = place?.state === "admitted";
  useEffect(() => {
    if (!isTurn) return undefined;
    const { title } = document;
    document.title = `${more.value.lineTurn} · ${title}`;
    return () => {
      document.title = title;
    };
  }, [isTurn]);
}
