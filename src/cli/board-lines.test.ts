import pc from "picocolors";
import { expect, test } from "vitest";
import { instant, type JsonObject } from "../contracts/index.ts";
import { boardLines } from "./board-lines.ts";

const NOW = instant(Date.UTC(2026, 0, 2, 3, 0, 0));

const run = (more: JsonObject): JsonObject => ({
  run_id: "r",
  status: "RUNNING",
  workflow_id: "W",
  heartbeat_status: "RUNNING",
  owner: null,
  epoch: 4,
  lease_expires_at: null,
  takeovers: 1,
  recovery: "NOT_APPLICABLE",
  why: "is at step `pay`",
  next: null,
  ...more,
});

const lines = (...runs: readonly JsonObject[]): readonly string[] => boardLines({ runs }, NOW, pc.createColors(false));

test("an owner is shown with epoch and the end of the lease", () => {
  const held = run({ owner: "worker-1", lease_expires_at: "2026-01-02T03:00:08Z", recovery: "PASS" });

  expect(lines(held)[1]).toBe(
    "r    RUNNING  W         running  worker-1 (epoch 4, lease ends in 8 s)  1          PASS",
  );
});

test("who needs somebody says so below, with the command", () => {
  const waiting = run({ why: "waits at step `hold`", next: { how: "then", command: "countermark run resume r" } });

  expect(lines(run({}), waiting).slice(-3)).toEqual(["", "r waits at step `hold`", "  countermark run resume r"]);
  expect(lines(run({}))).toHaveLength(2);
});

test("no runs are no table", () => {
  expect(lines()).toEqual(["no runs"]);
});
