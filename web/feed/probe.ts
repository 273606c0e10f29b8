/** Asks an office how a show stands, for next to nothing: the map's entity tag is its offset. */
import createClient from "openapi-fetch";
import type { paths } from "../api/schema";
import type { OfficeClock } from "./clock";
import type { Probed } from "./connection";

const ANSWER_MS_MAX = 8_000;

export function probeShow(
  office: string,
  show: string,
  clock: OfficeClock,
): (known: number | undefined) => Promise<Probed> {
  const client = createClient<paths>({ baseUrl: office || location.origin });
  return async (known) => {
    const askedAt = Date.now();
    try {
      const { data, response } = await client.GET("/v1/shows/{show}/seat-map", {
        params: { path: { show }, ...(known === undefined ? {} : { header: { "If-None-Match": `"${known}"` } }) },
        parseAs: "stream",
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      });
      clock.heardDate(response.headers.get("date"), askedAt, Date.now());
      // Its headers say all that is asked.
      await data?.cancel();
      if (response.status !== 200 && response.status !== 304) {
        return { offset: 0, stale: true };
      }
      const offset = Number(/\d+/.exec(response.headers.get("etag") ?? "")?.[0] ?? known ?? 0);
      return { offset, stale: response.headers.has("stale") };
    } catch {
      return "unreachable";
    }
  };
}
