/** The notices of the inbox, the newest first. Who has them before their eyes has seen them. */
import type { Notice } from "../../api/client";
import { format, more, useEffect, useMemo, useSignal } from "../first";
import { theInbox } from "./inbox";
import { noticePath, noticeText } from "./notice-text";
import { useShow } from "./shows";

export function Notices() {
  const m = more.value;
  const inbox = useMemo(theInbox, []);
  /** What was seen before this page was opened: the others stay marked as new for as long as it is. */
  const before = useSignal<number | undefined>(undefined);
  const notices = inbox.notices.value;
  useEffect(() => {
    if (notices.length === 0) return;
    before.value ??= inbox.seen.peek();
    void inbox.see();
  }, [notices]);
  if (notices.length === 0) return null;
  return (
    <section aria-labelledby="notices">
      <h2 id="notices">{m.notices}</h2>
      <ul class="notices">
        {[...notices].reverse().map((notice) => (
          <NoticeItem key={notice.number} notice={notice} isNew={notice.number > (before.value ?? Infinity)} />
        ))}
      </ul>
      {inbox.areSomeGone.value && <p class="hint">{m.noticesGone}</p>}
    </section>
  );
}

function NoticeItem({ notice, isNew }: { notice: Notice; isNew: boolean }) {
  const m = more.value;
  const show = useShow(notice.show);
  return (
    <li>
      {isNew && <b class="badge">{m.noticeNew}</b>} <a href={noticePath(notice)}>{noticeText(notice, show)}</a>{" "}
      <small>
        <time dateTime={notice.at}>{format.value.dateTime(notice.at)}</time>
      </small>
    </li>
  );
}
