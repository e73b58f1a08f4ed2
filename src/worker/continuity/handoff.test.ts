import { describe, expect, test } from "vitest";
import { assert } from "../../contracts/index.ts";
import {
  applyHandoff,
  buildHandoff,
  classOf,
  type HandoffPackage,
  type HandoffRun,
  handoffHash,
  handoffMarkers,
  parseHandoff,
} from "./handoff.ts";

const AT = "2026-02-12T09:46:00+00:00";

const step = (id: string, marker: string, criterion: string | null = null, outputs: readonly string[] = []) => ({
  id,
  marker,
  acceptance_criteria: criterion === null ? [] : [criterion],
  expected_outputs: outputs,
});

const runOf = (current: string | null, ...steps: HandoffRun["steps"]): HandoffRun => ({
  task_id: "T-1",
  run_id: "R-1",
  current_step: current,
  steps,
});

function built(run: HandoffRun, eventSeq?: number): HandoffPackage {
  const made = buildHandoff(run, { createdAt: AT, ...(eventSeq === undefined ? {} : { eventSeq }) });
  assert(made.ok, "the package is built");
  return made.value;
}

const applied = (handoff: HandoffPackage, run: HandoffRun, eventSeq: number | null = null) => {
  const done = applyHandoff(handoff, run, { eventSeq });
  assert(done.ok, "the package is applied");
  return done.value;
};

const VECTOR_RUN = runOf(
  "S2",
  step("S1", "accepted"),
  step("S2", "failed", "tests pass", ["S2/report.md", "S2/verification.log"]),
  step("S3", "", "docs updated"),
);

describe("CO-730 a handoff package", () => {
  test("hashes to a3735b3f… for the published vector, in every field", () => {
    expect(built(VECTOR_RUN)).toEqual({
      schema_version: "1.0.0",
      task_id: "T-1",
      run_id: "R-1",
      current_step: "S2",
      open_acceptance_items: [
        { step_id: "S2", criterion: "tests pass" },
        { step_id: "S3", criterion: "docs updated" },
      ],
      evidence_paths: ["S2/report.md", "S2/verification.log"],
      next_action: "resume",
      resumable_step_ids: ["S2", "S3"],
      skipped_step_ids: ["S1"],
      step_status: { accepted: ["S1"], failed: ["S2"], pending: ["S3"] },
      created_at: AT,
      package_hash: "a3735b3fd3c0995d810cc2a2e0c4baa1050cb4f4c6381b2a1416b044bfcba43b",
    });
  });

  test.each([
    ["accepted", ["accepted", "done", "completed_ok", "passed-1", "verified", "accepted_but_failed"]],
    ["failed", ["failed_non_adopted_lease", "error", "blocked", "not_failed"]],
    ["pending", ["owned_by_lane:controller", "lease_expired:controller", "running", "", "Acceptedx"]],
  ] as const)("classifies as %s what its marker says", (wanted, markers) => {
    expect(markers.map(classOf)).toEqual(markers.map(() => wanted));
  });

  test("of a run that is done has nothing to resume, and with accepted steps asked for has them all", () => {
    const done = runOf("S2", step("S1", "accepted"), step("S2", "done"));

    const all = buildHandoff(done, { createdAt: AT, includeAccepted: true });

    expect(built(done)).toMatchObject({ current_step: null, next_action: "complete", resumable_step_ids: [] });
    expect(all).toMatchObject({ ok: true, value: { current_step: "S2", resumable_step_ids: ["S1", "S2"] } });
  });

  test("built twice is the same, and applied twice too", () => {
    const handoff = built(VECTOR_RUN);

    expect(built(VECTOR_RUN)).toEqual(handoff);
    expect(applied(handoff, VECTOR_RUN)).toEqual(applied(handoff, VECTOR_RUN));
  });
});

const S = step;

describe("CO-730 applying a package follows the record", () => {
  test.each([
    [
      "S1 and S2 accepted, S3 pending, at S1; the package at S3",
      runOf("S1", S("S1", "accepted"), S("S2", "accepted"), S("S3", "")),
      runOf("S3", S("S1", "accepted"), S("S2", "accepted"), S("S3", "")),
      { resume_step_id: "S3", skipped_step_ids: ["S1", "S2"], resumable_step_ids: ["S3"], next_action: "resume" },
    ],
    [
      "S2 lost its lease, at S2; the package at S2",
      runOf("S2", S("S1", "accepted"), S("S2", "failed_non_adopted_lease"), S("S3", "")),
      runOf("S2", S("S1", "accepted"), S("S2", "running"), S("S3", "")),
      { resume_step_id: "S2", resumable_step_ids: ["S2", "S3"], failed_step_ids: ["S2"] },
    ],
    [
      "S1 is owned, at S1; the package was built when S1 was accepted",
      runOf("S1", S("S1", "owned_by_lane:controller"), S("S2", "")),
      runOf("S2", S("S1", "accepted"), S("S2", "")),
      { resume_step_id: "S1", resumable_step_ids: ["S1", "S2"] },
    ],
    [
      "everything is accepted",
      runOf("S2", S("S1", "accepted"), S("S2", "accepted")),
      runOf("S2", S("S1", "accepted"), S("S2", "")),
      { resume_step_id: null, next_action: "complete", resumable_step_ids: [] },
    ],
  ])("%s", (_, record, packaged, expected) => {
    expect(applied(built(packaged), record)).toMatchObject(expected);
  });

  test("writes what it found into markers, with `none` where nothing is to be resumed", () => {
    const done = runOf(null, S("S1", "accepted"));

    expect(handoffMarkers(applied(built(VECTOR_RUN), VECTOR_RUN))).toEqual({
      handoff_resume_step: "S2",
      handoff_next_action: "resume",
      handoff_resumable_steps: "S2,S3",
      handoff_skipped_steps: "S1",
      handoff_failed_steps: "S2",
      handoff_pending_steps: "S3",
    });
    expect(handoffMarkers(applied(built(done), done))).toMatchObject({ handoff_resume_step: "none" });
  });

  test("a record without ids or steps takes the package's", () => {
    const empty = { task_id: null, run_id: null, current_step: null, steps: [] };

    expect(applied(built(VECTOR_RUN), empty)).toMatchObject({
      task_id: "T-1",
      run_id: "R-1",
      resume_step_id: "S2",
      skipped_step_ids: ["S1"],
    });
  });

  test("a record without steps goes through the package's in the order in which they may go on", () => {
    const handoff = built(runOf("S2", S("S1", "accepted"), S("S2", ""), S("S3", "failed"), S("S4", "")));
    const empty = { task_id: "T-1", run_id: "R-1", current_step: null, steps: [] };

    expect(applied(handoff, empty)).toMatchObject({
      resume_step_id: "S2",
      resumable_step_ids: ["S2", "S3", "S4"],
      skipped_step_ids: ["S1"],
      failed_step_ids: ["S3"],
    });
  });

  test("CO-730 STALE_HANDOFF is not said of a package that also lists what is accepted, nor left out where other steps are open", () => {
    const record = runOf("S2", S("S1", "accepted"), S("S2", ""));
    const listed = buildHandoff(record, { createdAt: AT, includeAccepted: true, eventSeq: 7 });
    assert(listed.ok, "the package is built");
    const other = built(runOf("S2", S("S1", ""), S("S2", ""), S("S3", "accepted")), 7);

    expect(applied(listed.value, record, 9).warnings).toEqual([]);
    expect(applied(other, runOf("S2", S("S1", "accepted"), S("S2", ""), S("S3", "")), 9).warnings).toEqual([
      "STALE_HANDOFF",
    ]);
  });

  test("CO-730 a package older than the record is followed only where it contradicts nothing, and STALE_HANDOFF says so", () => {
    const handoff = built(VECTOR_RUN, 7);
    const further = runOf("S3", S("S1", "accepted"), S("S2", "accepted"), S("S3", ""));

    expect(applied(handoff, further, 9)).toMatchObject({ resume_step_id: "S3", warnings: ["STALE_HANDOFF"] });
    expect(applied(handoff, VECTOR_RUN, 9).warnings).toEqual([]);
    expect(applied(handoff, further, 7).warnings).toEqual([]);
  });

  test.each([
    ["altered", { ...built(VECTOR_RUN), current_step: "S3" }, "does not hash"],
    ["of another run", built({ ...VECTOR_RUN, run_id: "R-2" }), "of another run"],
    ["of another task", built({ ...VECTOR_RUN, task_id: "T-2" }), "of another task"],
  ])("a package that is %s is refused with E_HANDOFF_FAILED", (_, handoff, message) => {
    const refused = applyHandoff(handoff, VECTOR_RUN, { eventSeq: null });

    expect(refused).toMatchObject({
      ok: false,
      refusal: { code: "E_HANDOFF_FAILED", message: expect.stringContaining(message) },
    });
  });

  test("a run without ids has no package", () => {
    expect(buildHandoff({ ...VECTOR_RUN, run_id: null }, { createdAt: AT })).toMatchObject({
      ok: false,
      refusal: { code: "E_HANDOFF_FAILED" },
    });
  });
});

test("a package is read from JSON if every field is there and of its type", () => {
  const handoff = JSON.parse(JSON.stringify(built(VECTOR_RUN)));

  expect(parseHandoff(handoff)).toEqual({ ok: true, value: handoff });
  for (const name of Object.keys(handoff)) {
    const { [name]: _left, ...rest } = handoff;
    expect(parseHandoff(rest), name).toMatchObject({
      ok: false,
      refusal: { code: "E_HANDOFF_FAILED", field_path: `$.${name}`, message: expect.stringContaining(`\`$.${name}\``) },
    });
  }
  expect(parseHandoff({ ...handoff, decided: ["a member of its own"] })).toMatchObject({ ok: true });
  expect(handoffHash(handoff)).toBe(handoff.package_hash);
});

test.each([
  ["$.next_action", { next_action: "retry" }],
  ["$.step_status.failed[0]", { step_status: { accepted: [], failed: [1], pending: [] } }],
  ["$.epoch", { epoch: "1" }],
  ["$.event_seq", { event_seq: -1 }],
  ["$.pending_approvals", { pending_approvals: "none" }],
])("a package whose `%s` is of another kind is refused by that name", (field_path, change) => {
  const handoff = JSON.parse(JSON.stringify(built(VECTOR_RUN)));

  expect(parseHandoff({ ...handoff, ...change })).toMatchObject({ ok: false, refusal: { field_path } });
});
