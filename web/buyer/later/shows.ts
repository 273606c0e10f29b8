/** The shows that a list names. */
import type { Show } from "../../api/client";
import { lookAtShow, useEffect, useSignal } from "../first";

/** Read once each: a buyer's orders are often for few shows. */
const shows = new Map<string, Promise<Show>>();

/** A show by its id; nothing until it is there, or if it can't be had. */
export function useShow(id: string): Show | undefined {
  const show = useSignal<Show | undefined>(undefined);
  useEffect(() => {
    const reading = shows.get(id) ?? lookAtShow(id);
    shows.set(id, reading);
    reading.then(
      (found) => (show.value = found),
      () => shows.delete(id),
    );
  }, [id]);
  return show.value;
}
