/** The notice that has just come, over whatever page the buyer is on, until they have seen it. */
import type { Notice } from "../../api/client";
import { announce, more, route, useEffect, useMemo } from "../first";
import { theInbox } from "./inbox";
import { noticePath, noticeText } from "./notice-text";
import { useShow } from "./shows";

export function Toast() {
  const inbox = useMemo(theInbox, []);
  const notice = inbox.news.value;
  const at = route.value;
  // The list of notices sees to it itself.
  const isShown = notice !== undefined && isTold(notice, at);
  useEffect(() => {
    if (isShown) inbox.dismiss();
  }, [isShown && notice.number]);
  return notice && !isShown && at.page !== "orders" ? <OneToast key={notice.number} notice={notice} onSeen={() => inbox.dismiss()} /> : null;
}

/** Whether the page that the buyer is on tells it by itself. */
function isTold({ kind, show, order }: Notice, at: typeof route.value): boolean {
  if (at.page === "order") return at.order === order;
  return at.page === "show" && at.show === show && (kind === "offer" || kind === "position");
}

function OneToast({ notice, onSeen }: { notice: Notice; onSeen(): void }) {
  const m = more.value;
  const show = useShow(notice.show);
  const text = show && noticeText(notice, show);
  useEffect(() => {
    if (text) announce(text);
  }, [text]);
  if (!text) return null;
  return (
    <div class="toast card no-print">
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
