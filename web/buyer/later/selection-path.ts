/** Where a shared selection opens: its show's page, with these places picked. */
import type { Selection } from "../../api/client";
import { showPath } from "../first";

export function selectionPath({ show, id }: Selection): string {
  return `${showPath(show)}?selection=${id}`;
}
