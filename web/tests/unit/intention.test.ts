import "./window";
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { carryOut, pending } from "../../api/intention";
import { type ProblemCode, Refused } from "../../api/problem";

/** Pauses end at once; what is asked for is a matter of order, not of time. */
mock.method(globalThis, "setTimeout", (run: () => void) => queueMicrotask(run));

function refusing(...codes: (ProblemCode | "ok")[]) {
  const keys: string[] = [];
  const call = async (key: string): Promise<string> => {
    const code = codes[keys.push(key) - 1] ?? "ok";
    if (code !== "ok") throw new Refused({ code });
    return "done";
  };
  return { keys, call };
}

test("what may have been done is asked for again under the same key", async () => {
  const { keys, call } = refusing("no_answer", "outcome_unknown", "busy", "ok");
  assert.equal(await carryOut("a", { seats: ["1"] }, call), "done");
  assert.equal(keys.length, 4);
  assert.equal(new Set(keys).size, 1);
  assert.equal(pending("a"), undefined);
});

test("a refusal is an answer: the next try has another key", async () => {
  const first = refusing("seats_taken");
  await assert.rejects(carryOut("b", {}, first.call), Refused);
  const second = refusing("ok");
  await carryOut("b", {}, second.call);
  assert.notEqual(first.keys[0], second.keys[0]);
});

test("after the last attempt the key stays for whoever tries the same again", async () => {
  const first = refusing(...Array<ProblemCode>(20).fill("outcome_unknown"));
  await assert.rejects(carryOut("c", { seats: ["1"] }, first.call), Refused);
  assert.ok(first.keys.length < 20, "attempts are bounded");
  assert.deepEqual(pending("c"), { seats: ["1"] });
  const second = refusing("ok");
  await carryOut("c", { seats: ["1"] }, second.call);
  assert.equal(second.keys[0], first.keys[0]);
});

test("the page goes on by itself with what was begun just now alone", async (context) => {
  const { call } = refusing(...Array<ProblemCode>(20).fill("no_answer"));
  await assert.rejects(carryOut("e", {}, call), Refused);
  assert.deepEqual(pending("e"), {});
  const later = Date.now() + 10 * 60 * 1000;
  context.mock.method(Date, "now", () => later);
  assert.equal(pending("e"), undefined);
});

test("what is under way keeps its key", async () => {
  const keys = new Set<string>();
  const call = async (key: string) => {
    keys.add(key);
    return keys.size;
  };
  await carryOut("f", {}, call, () => false);
  await carryOut("f", {}, call);
  assert.equal(keys.size, 1);
});

test("another request under the same name has a key of its own", async () => {
  const first = refusing(...Array<ProblemCode>(20).fill("no_answer"));
  await assert.rejects(carryOut("d", { seats: ["1"] }, first.call), Refused);
  const second = refusing("ok");
  await carryOut("d", { seats: ["2"] }, second.call);
  assert.notEqual(second.keys[0], first.keys[0]);
});
