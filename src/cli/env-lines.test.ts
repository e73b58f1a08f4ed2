import pc from "picocolors";
import { expect, test } from "vitest";
import { instant, type JsonObject } from "../contracts/index.ts";
import { trackLines } from "./env-lines.ts";

const PLAIN = pc.createColors(false);

const NOW = instant(Date.UTC(2026, 0, 30, 12));

const holding = (environment: string, bundle_id: string, other: JsonObject = {}, health = "good"): JsonObject => ({
  environment,
  bundle: { bundle_id, health },
  served: false,
  canary: null,
  ...other,
});

const shown = (environments: readonly JsonObject[], holds: readonly JsonObject[] = []) =>
  trackLines({ environments, holds }, NOW, PLAIN);

test("the track shows what each environment holds, the share of a canary, and what to type next", () => {
  const canary = {
    bundle_id: "b",
    baseline_bundle_id: "a",
    share_percent: 25,
    step: 1,
    steps: [{}, {}, {}],
    looks: 7,
    next_look_at: "2026-01-30T12:05:00Z",
    stalled_at: null,
  };

  expect(
    shown([holding("dev", "c"), holding("staging", "b"), holding("prod", "b", { served: true, canary }, "pending")]),
  ).toEqual([
    "● dev      c  good",
    "│  next: countermark promote c --to staging",
    "● staging  b  good",
    "│  ",
    "◐ prod     b  being tried  runs here",
    "│  █████░░░░░░░░░░░░░░░  25 % of new runs; the others on a",
    "│  step 2 of 3, 7 looks, next in 5 min",
  ]);
});

test("what keeps the next environment from getting a bundle stands on the way to it", () => {
  const empty = { environment: "prod", bundle: null, canary: null, served: false };
  const between = (one: JsonObject, holds: readonly JsonObject[] = []) => shown([one, empty], holds)[1];

  expect(between(holding("staging", "b", {}, "pending"))).toContain("env health staging good");
  expect(between(holding("staging", "b", {}, "bad"))).toBe("│  nothing goes to prod: staging is bad");
  expect(between(holding("staging", "b"), [{ scope: "all", reason: "peak season" }])).toBe(
    "│  prod is held: peak season",
  );
  expect(between(holding("staging", "b", { canary: { bundle_id: "b", share_percent: 5 } }))).toContain("│  █");
});
