/** Whether what is shown is what is. */
import type { Followed } from "../feed/follow";
import { words } from "../text/language";
import { Note } from "./note";

export function ConnectionState({ followed }: { followed: Followed }) {
  const connection = followed.connection.value;
  const w = words.value;
  return (
    <>
      <p class={`connection ${connection}`} role="status">
        {w.connections[connection]}
      </p>
      {(connection === "stale" || connection === "offline") && (
        <Note tone="warning">{connection === "stale" ? w.staleNote : w.offlineNote}</Note>
      )}
    </>
  );
}
