/** What a refusal means to a buyer who knows the ticket types by their names. */
import type { Show } from "../../api/client";
import type { Problem } from "../../api/problem";
import { more, problemText } from "../first";

export function refusalText(problem: Problem, show: Show | undefined): string {
  return (show && typeText(problem, show)) ?? problemText(problem);
}

function typeText({ code, ticket_type: id, places_min: least, places_max: most, only_with: others }: Problem, show: Show): string | undefined {
  const m = more.value;
  const nameOf = (id: string): string => show.ticket_types?.find((type) => type.id === id)?.name ?? id;
  if (code === "ticket_type_not_sold") return m.typeNotSold;
  if (!id) return undefined;
  if (code === "ticket_type_only_with") return m.typeOnlyWith(nameOf(id), (others ?? []).map(nameOf));
  return code === "ticket_type_limit" ? m.typeLimit(nameOf(id), least ?? 1, most) : undefined;
}
