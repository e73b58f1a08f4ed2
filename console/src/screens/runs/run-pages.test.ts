import { expect, test } from "vitest";
import type { RunSummary } from "../../api/wire.ts";
import { merged } from "./run-pages.ts";

const run = (run_id: string, status: RunSummary["status"] = "RUNNING"): RunSummary => ({
  run_id,
  workflow_id: "W",
  pack_id: "p",
  pack_digest: "d",
  status,
  outcome: null,
  code: null,
  correlation_id: "c",
  principal_id: "olga",
  cost_micros: 0,
  events: 1,
  document_sha256: null,
  started_at: "2026-01-30T12:00:00.000Z",
  updated_at: "2026-01-30T12:00:00.000Z",
  ended_at: null,
});

const held = (next: string | null, ...ids: string[]) => ({
  pages: [{ runs: ids.map((id) => run(id)), next }],
  pageParams: [""],
});

const idsOf = ({ pages }: ReturnType<typeof merged>) => pages.flatMap(({ runs }) => runs.map(({ run_id }) => run_id));

test("a run that changed is shown as it is now, a new one comes on top, and one that no longer fits goes", () => {
  const after = merged(held("3", "5", "4", "3"), new Set(["6", "5", "4"]), [run("6"), run("4", "SUCCEEDED")]);

  expect(idsOf(after)).toEqual(["6", "4", "3"]);
  expect(after.pages[0]?.runs[1]?.status).toBe("SUCCEEDED");
  expect(after.pages[0]?.next).toBe("3");
});

test("a run beyond the last page read waits for its page; where all pages are read it comes at once", () => {
  expect(idsOf(merged(held("3", "4", "3"), new Set(["1"]), [run("1")]))).toEqual(["4", "3"]);
  expect(idsOf(merged(held(null, "4", "3"), new Set(["1"]), [run("1")]))).toEqual(["4", "3", "1"]);
});
