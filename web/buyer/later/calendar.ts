/** A show as a calendar takes it: iCalendar, RFC 5545. */
import type { Order, Show } from "../../api/client";

const LINE_BYTES_MAX = 75;

/** `20261226T184500Z` */
function time(at: string): string {
  return new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");
}

function escape(text: string): string {
  return text.replace(/[\\;,]/g, "\\$&").replace(/\r?\n/g, "\\n");
}

/** Lines go on in the next one after a blank; they are measured in bytes, and no letter may be cut. */
function fold(line: string): string {
  const parts: string[] = [];
  let part = "";
  let bytes = 0;
  for (const letter of line) {
    const size = new TextEncoder().encode(letter).length;
    if (bytes + size > LINE_BYTES_MAX) {
      parts.push(part);
      part = " ";
      bytes = 1;
    }
    part += letter;
    bytes += size;
  }
  return [...parts, part].join("\r\n");
}

export function calendarOf(show: Show, order: Order, note: string): string {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//boxoffice//tickets//EN",
    "BEGIN:VEVENT",
    `UID:${order.id}@boxoffice`,
    `DTSTAMP:${time(order.created_at)}`,
    `DTSTART:${time(show.starts_at)}`,
    ...(show.ends_at ? [`DTEND:${time(show.ends_at)}`] : []),
    `SUMMARY:${escape(show.title)}`,
    `DESCRIPTION:${escape(note)}`,
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return lines.map((line) => `${fold(line)}\r\n`).join("");
}

export function saveCalendar(show: Show, order: Order, note: string): void {
  const url = URL.createObjectURL(new Blob([calendarOf(show, order, note)], { type: "text/calendar" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${order.id}.ics`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
