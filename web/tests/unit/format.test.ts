/** Times are told where the show is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeFormat } from "../../text/format";

test("a time is told in the show's zone, and the zone is named", () => {
  const told = makeFormat("en-GB").dateTime("2026-12-26T19:30:00Z", "Europe/Vienna");
  assert.match(told, /20:30/);
  assert.match(told, /CET|GMT\+1/);
});

test("without a zone, or in one that nobody has heard of, it is told in the reader's", () => {
  const { dateTime } = makeFormat("en-GB");
  const own = dateTime("2026-12-26T19:30:00Z");
  assert.equal(dateTime("2026-12-26T19:30:00Z", "UTC"), own);
  assert.equal(dateTime("2026-12-26T19:30:00Z", "Moon/Tycho"), own);
});
