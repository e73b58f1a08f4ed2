import { expect, test } from "vitest";
import { formatInstant, instant } from "../../contracts/index.ts";
import type { Client } from "../client.ts";
import { endedRuns, RUNS_MAX } from "./evidence-replay.ts";

const SINCE = instant(Date.UTC(2026, 6, 20));
const PAGE = 200;

/** A ledger of runs that all began within the window, newest first, as its pages tell them. */
const ledgerOf = (runs: number): Pick<Client, "get"> => ({
  get: async (_path, query = {}) => {
    const from = Number(query.before ?? "0");
    const page = Array.from({ length: Math.min(PAGE, runs - from) }, (_, at) => ({
      run_id: `run-${from + at}`,
      pack_digest: "a",
      started_at: formatInstant(SINCE),
      ended_at: formatInstant(SINCE),
    }));
    return { ok: true, status: 200, body: { runs: page, next: from + PAGE < runs ? String(from + PAGE) : null } };
  },
});

test("DUR-42 every run of the window is decided again, however many pages they are", async () => {
  const found = await endedRuns(ledgerOf(2_500), { since: SINCE, pack: null });

  expect(new Set(Array.isArray(found) ? found : []).size).toBe(2_500);
});

test("DUR-42 of more runs than can be decided again no report is made, which would tell a part as if it were all", async () => {
  const most = await endedRuns(ledgerOf(RUNS_MAX), { since: SINCE, pack: null });
  const more = await endedRuns(ledgerOf(RUNS_MAX + 1), { since: SINCE, pack: null });

  expect(most).toHaveLength(RUNS_MAX);
  expect(more).toMatchObject({ code: "GATE_EVIDENCE_TOO_LARGE", detail: expect.stringContaining("--since") });
});
