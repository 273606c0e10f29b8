/** The notices that have just come, over whatever page the buyer is on, until they have seen them. */
import type { Notice } from "../../api/client";
import { announce, more, route, useEffect, useMemo } from "../first";
import { theInbox } from "./inbox";
import { noticePath, noticeText } from "./notice-text";
import { useShow } from "./shows";

export function Toasts() {
  const inbox = useMemo(theInbox, []);
  const at = route.value;
  const told = inbox.news.value.filter((notice) => isTold(notice, at));
  useEffect(() => {
    for (const { number } of told) inbox.dismiss(number);
  }, [told.length]);
  // The list of notices sees to them itself.
  const others = inbox.news.value.filter((notice) => !told.includes(notice));
  if (at.page === "orders" || others.length === 0) return null;
  return (
    <section class="toasts no-print" aria-label={more.value.notices}>
      {others.map((notice) => (
        <Toast key={notice.number} notice={notice} onSeen={() => inbox.dismiss(notice.number)} />
      ))}
    </section>
  );
}

/** Whether the page that the buyer is on tells it by itself. */
function isTold({ kind, show, order }: Notice, at: typeof route.value): boolean {
  if (at.page === "order") return at.order === order;
  return at.page === "show" && at.show === show && (kind === "offer" || kind === "position");
}

function Toast({ notice, onSeen }: { notice: Notice; onSeen(): void }) {
  const m = more.value;
  const show = useShow(notice.show);
  const text = show && noticeText(notice, show);
  useEffect(() => {
    if (text) announce(text);
  }, [text]);
  if (!text) return null;
  return (
    <div class="toast card">
      <p>{text}</p>
      <p class="actions">
        <a class="button" href={noticePath(notice)} onClick={onSeen}>
          {m.noticeTo}
        </a>
        <button type="button" onClick={onSeen}>
          {m.close}
        </button>
      </p>
    </div>
  );
}
