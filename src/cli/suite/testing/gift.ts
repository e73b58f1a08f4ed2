import type { GoldenCase } from "../../../release/index.ts";

/** A golden case that asks for nothing but its end. */
export const GIFT: GoldenCase = {
  id: "gift",
  name: "a gift is paid",
  tier: "P0",
  tags: [],
  workflow: "welcome",
  runs: 3,
  by: "golden",
  start: { input: {} },
  vary: {},
  tools: {},
  models: {},
  faults: [],
  approvals: [],
  signals: [],
  within_seconds: 30,
  expect: { status: "SUCCEEDED", code: null, state: {} },
};
