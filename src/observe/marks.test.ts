import { expect, test } from "vitest";
import { diagnose } from "./diagnosis.ts";
import { EVERYTHING } from "./diagnosis-input.ts";
import { isMark, marksOf } from "./marks.ts";
import { continuityEvent } from "./projection.ts";
import { asked, at, decided, failed, IDENTITY, started, stream, succeeded } from "./testing/recorded.ts";

test("the marks of a run are those of its diagnosis, whatever else it did", () => {
  const events = stream(
    started,
    failed(100, "fetch", 200),
    succeeded(300, "fetch", "pay", 2),
    asked(400, "pay"),
    { ms: 410, type: "lease.taken_over", payload: { reason: "HEARTBEAT_STALE", adopted_step_ids: ["pay"] } },
    { ms: 420, type: "lease.registered", step: "pay", payload: { lane: "controller" } },
    decided(500, "pay", null),
    { ms: 600, type: "run.suspended", payload: { status: "SUSPENDED_WAIT", document_sha256: "0" } },
  );
  const scope = { taskId: IDENTITY.workflow_id, runId: IDENTITY.run_id, generatedAt: at(900) };
  const input = { heartbeat: null, leases: [], succession: null, graph: null };
  const projected = events.map((event) => continuityEvent(event, scope.taskId));
  const { report } = diagnose({ ...input, events: projected }, scope, EVERYTHING);

  const marks = marksOf(events.filter(isMark), scope, EVERYTHING);
  expect(marks).toEqual(report.timeline.entries);
  expect(marks.length).toBeGreaterThan(3);
});
