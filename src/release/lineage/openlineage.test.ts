import { expect, test } from "vitest";
import { isJsonObject, type Json } from "../../contracts/index.ts";
import { lineageEvents } from "./openlineage.ts";
import { factsOf, lineageAt } from "./testing/candidate.ts";

/** What OpenLineage 2-0-2 requires, by definition of its schema: https://openlineage.io/spec/2-0-2/OpenLineage.json */
const REQUIRED = {
  RunEvent: ["eventTime", "producer", "schemaURL", "run", "job"],
  Run: ["runId"],
  Job: ["namespace", "name"],
  Dataset: ["namespace", "name"],
  BaseFacet: ["_producer", "_schemaURL"],
} as const;
const EVENT_TYPES = ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const lacks = (value: Json | undefined, names: readonly string[]): readonly string[] =>
  value !== undefined && isJsonObject(value) ? names.filter((name) => value[name] === undefined) : names;
const listed = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const members = (value: Json | undefined): readonly Json[] =>
  value !== undefined && isJsonObject(value) ? Object.values(value) : [];

const LINEAGE = lineageAt("deployment", factsOf());
const EVENTS = lineageEvents(LINEAGE);

test("INT-L3: every event has what OpenLineage requires, in the words that it knows", () => {
  expect(EVENTS.length).toBeGreaterThan(0);
  for (const event of EVENTS) {
    const { run, job, inputs, outputs, eventType, schemaURL, eventTime } = event;
    expect(lacks(event, REQUIRED.RunEvent)).toEqual([]);
    expect(lacks(run, REQUIRED.Run)).toEqual([]);
    expect(lacks(job, REQUIRED.Job)).toEqual([]);
    for (const dataset of [...listed(inputs), ...listed(outputs)]) expect(lacks(dataset, REQUIRED.Dataset)).toEqual([]);
    for (const facet of members(isJsonObject(run) ? run.facets : undefined))
      expect(lacks(facet, REQUIRED.BaseFacet)).toEqual([]);
    expect(EVENT_TYPES).toContain(eventType);
    expect(schemaURL).toBe("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent");
    expect(String(eventTime)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(isJsonObject(run) ? run.runId : "").toMatch(UUID);
  }
});

test("INT-L3: each run begins once and ends once; the decision tells its word and what was waived", () => {
  const byRun = new Map<string, string[]>();
  for (const { run, eventType } of EVENTS) {
    const id = isJsonObject(run) ? String(run.runId) : "";
    byRun.set(id, [...(byRun.get(id) ?? []), String(eventType)]);
  }
  const decided = EVENTS.find(
    ({ job, eventType }) => isJsonObject(job) && job.name === "decision.slo" && eventType === "COMPLETE",
  );

  expect(
    [...byRun.values()].every(([start, end, ...more]) => start === "START" && end === "COMPLETE" && more.length === 0),
  ).toBe(true);
  expect(decided).toMatchObject({
    job: { namespace: "release-governance/shop" },
    run: {
      facets: {
        releaseGate: { decision: "conditional-go", profile: "standard" },
        releaseWaivers: { waivers: [{ waiver: "waiver.W-2026-0001", check: "check.slo.correctness" }] },
      },
    },
  });
  expect(JSON.stringify(decided?.inputs)).toContain("evidence/artifact.slo.runs@sha256:");
});

test("the same lineage is the same events, and what nobody saw is in none", () => {
  const facts = factsOf();
  const claims = facts.final.claims.filter(({ relation }) => relation !== "produces");
  const told = JSON.stringify(
    lineageEvents(lineageAt("final", { ...facts, final: { ...facts.final, claims } })).filter(
      ({ job }) => isJsonObject(job) && job.name === "job.import.slo",
    ),
  );

  expect(lineageEvents(LINEAGE)).toEqual(EVENTS);
  expect(told).toContain("job.import.slo");
  expect(told).not.toContain("artifact.slo.runs");
});
