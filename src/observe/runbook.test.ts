import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { after } from "../contracts/index.ts";
import { initialState, type RunState, type RunStatus, recordedRunEvent } from "../run/index.ts";
import { runbookOf } from "./runbook.ts";
import { START, started, stream } from "./testing/recorded.ts";

const RUNBOOK = readFileSync(new URL("../../docs/runbook.md", import.meta.url), "utf8");

const anchors = RUNBOOK.split("\n").flatMap((line) =>
  line.startsWith("## ") ? [line.slice(3).toLowerCase().replaceAll(" ", "-")] : [],
);

const begun = (): RunState => {
  const [stored] = stream(started);
  const event = recordedRunEvent({
    type: "run.started",
    at: START,
    step: null,
    payload: JSON.parse(stored?.payload ?? ""),
  });
  if (event?.type !== "run.started") throw new Error("a run begins with run.started");
  return initialState(event);
};

const unknown = (state: RunState): RunState => {
  const phase = { kind: "unknown", attempt: 1, look_at: null, code: "TOOL_TIMEOUT" } as const;
  return { ...state, lanes: { main: { id: "main", step: "fetch", phase, counted: true } } };
};

const FREE = { worker_id: null, due_at: null } as const;
const section = (
  state: RunState,
  status: RunStatus,
  { code = null, lease = FREE }: { code?: string | null; lease?: Parameters<typeof runbookOf>[1]["lease"] } = {},
) => runbookOf(state, { row: { status, code }, lease, now: after(START, 1_000) });

test("what does not get on has a section of the runbook, and that section is there", () => {
  const silent = { worker_id: "w", due_at: START };
  const found = [
    ...["E_LEASE_LOST", "E_HANDOFF_FAILED", "EVENT_LOG_TRUNCATED", "EVENT_LOG_CORRUPT", "EVENT_SEQUENCE_GAP", null].map(
      (code) => section(begun(), "BLOCKED", { code }),
    ),
    section({ ...begun(), outcome: "CANCELLED", leftover: true }, "CANCELLED"),
    section(unknown(begun()), "RUNNING"),
    section(begun(), "RUNNING", { lease: silent }),
    section(begun(), "SUSPENDED_HITL"),
  ];

  for (const place of found) expect(anchors).toContain(place?.replace("docs/runbook.md#", ""));
  expect(new Set(found).size).toBe(8);
});

test("a run that gets on, or has ended well, needs none", () => {
  const held = { worker_id: "w", due_at: after(START, 2_000) };

  expect(section(begun(), "RUNNING", { lease: held })).toBeNull();
  expect(section({ ...begun(), outcome: "SUCCESS" }, "SUCCEEDED")).toBeNull();
});
