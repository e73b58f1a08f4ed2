import { expect, test } from "vitest";
import { namedIn } from "./ids.ts";

test("what an event names is told once, wherever it stands, and what is no id is not", () => {
  const payload = {
    approval_id: "ap-1",
    call: { receipt_id: "r-1", input: [{ run_id: "run-2" }, { run_id: "run-2" }] },
    step: "pay",
  };

  expect(namedIn(payload)).toEqual([
    { kind: "approval", id: "ap-1" },
    { kind: "receipts", id: "r-1" },
    { kind: "run", id: "run-2" },
  ]);
  expect(namedIn({ receipt_id: null, approval_id: "" })).toEqual([]);
  expect(namedIn(null)).toEqual([]);
});
