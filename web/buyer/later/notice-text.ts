/** What a notice means to a buyer, and where there is more of it. */
import type { Notice, Show } from "../../api/client";
import { format, more, orderPath, showPath } from "../first";

export function noticeText(notice: Notice, show: Show | undefined): string {
  const texts = more.value.noticeTexts;
  const name = show?.title ?? notice.show;
  const until = notice.expires_at ? format.value.dateTime(notice.expires_at, show?.time_zone) : "";
  switch (notice.kind) {
    case "offer":
    case "hold_ending":
      return texts[notice.kind](name, until);
    case "position":
      return texts.position(name, notice.position ?? 1);
    case "payment":
      return (texts.payment[notice.payment_state as keyof typeof texts.payment] ?? texts.payment.succeeded)(name);
    case "refund":
      return texts.refund(name, notice.amount ? format.value.money(notice.amount) : "");
    default:
      return (texts[notice.kind] ?? texts.show_changed)(name);
  }
}

export function noticePath({ show, order }: Notice): string {
  return order ? orderPath(show, order) : showPath(show);
}
