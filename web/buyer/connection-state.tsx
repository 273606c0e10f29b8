/** Whether what is shown is what is. */
import type { Followed } from "../feed/follow";
import { words } from "../text/language";
import { Note } from "./note";

/** Always there, on the map. */
export function ConnectionState({ followed }: { followed: Followed }) {
  const connection = followed.connection.value;
  return (
    <p class={`connection ${connection}`} role="status">
      {words.value.connections[connection]}
    </p>
  );
}

/** What it means to a buyer, where the map may be behind. */
export function ConnectionNote({ followed }: { followed: Followed }) {
  const connection = followed.connection.value;
  const w = words.value;
  if (connection === "stale") return <Note tone="warning">{w.staleNote}</Note>;
  if (connection === "offline") return <Note tone="warning">{w.offlineNote}</Note>;
  return null;
}
