import { digestOf, isJsonObject, type Json } from "../contracts/index.ts";
import type { StoredEvent } from "../ledger/index.ts";
import { continuityEvent } from "../observe/index.ts";
import { replay } from "../run/index.ts";
import { runEventOf } from "../worker/index.ts";
import { type AssertionId, holds } from "./assertions.ts";
import { NOTHING, type RiskTag, type ScenarioResult } from "./scenario.ts";
import type { SimulationWorld } from "./simulation-world.ts";
import { Stage } from "./stage.ts";
import { readable, type ToldTakeover } from "./takeover-watch.ts";

/** Something that may be wrong of itself, whatever happens at the same time: made once, and looked at. */
export interface Situation {
  readonly id: string;
  readonly title: string;
  readonly riskTags: readonly RiskTag[];
  readonly assertions: readonly AssertionId[];
  readonly make: (stage: Stage) => Promise<void>;
}

/** Makes a situation, and judges what is on record of it in the end. */
export async function playSituation(
  world: SimulationWorld,
  situation: Situation,
  seed: number,
): Promise<ScenarioResult> {
  const stage = await Stage.open(world, seed);
  await situation.make(stage);
  const told: Json[] = [];
  let [events, replayed, takeovers] = [0, 0, 0];
  let takeover: ToldTakeover | null = null;
  for (const runId of stage.runs) {
    const stream = await stage.events(runId);
    await judgeStream(stage, runId, stream);
    replayed += (await isDecidedAgain(stage, runId, stream)) ? stream.length : 0;
    events += stream.length;
    told.push(stream.map(({ type, step, epoch, payload }) => [type, step, epoch, payload]));
    for (const event of stream.filter(({ type }) => type === "lease.taken_over")) {
      takeovers += 1;
      takeover = { reason: textIn(event, "reason_code") ?? "", resumedAt: resumedAt(stream) };
    }
  }
  const { violations, judge } = stage;
  const { evaluated } = judge;
  const { id, riskTags, assertions } = situation;
  const results = Object.fromEntries(assertions.map((each) => [each, holds(each, { evaluated, violations })]));
  const checks = {
    continuity_assertions_met: Object.values(results).every(Boolean),
    every_history_sound: violations.length === 0,
    scenario_came_about: stage.runs.length > 0,
  };
  return {
    scenario_id: id,
    risk_tags: riskTags,
    histories: 1,
    tally: { ...NOTHING, takeovers, events, effects: stage.effects },
    violations,
    takeover,
    replayed,
    history: digestOf(told),
    state: digestOf(await Promise.all(stage.runs.map(async (runId) => (await stage.run(runId)).document_sha256))),
    continuity_assertion_results: results,
    checks,
    passed: Object.values(checks).every(Boolean),
  };
}

const resumedAt = (stream: readonly StoredEvent[]): string | null => {
  const applied = stream.findLast(({ type }) => type === "handoff.applied");
  return applied === undefined ? null : textIn(applied, "resume_step_id");
};

function textIn({ payload }: StoredEvent, name: string): string | null {
  const value = readable(payload ?? "{}")?.[name];
  return typeof value === "string" ? value : null;
}

/** A run's stream is whole, can be read, and is the run's. */
async function judgeStream(stage: Stage, runId: string, stream: readonly StoredEvent[]): Promise<void> {
  const { head_seq: seq, workflow_id } = await stage.run(runId);
  const broken = await stage.verify(runId);
  const shown = stream.map((stored) => continuityEvent(stored, workflow_id).schema_version);
  const check = (isSo: boolean, assertion: AssertionId, message: string) =>
    stage.violations.push(...stage.judge.check(isSo, { rule: "N2", assertion }, `${runId}: ${message}`));
  check(seq === stream.length, "CONT-003", `counts ${seq} entries, and there are ${stream.length}`);
  check(
    stream.every(({ payload }) => isJsonObject(readable(payload ?? "{}") ?? null)),
    "CONT-004",
    "an entry cannot be read",
  );
  check(
    shown.every((version) => version === "1.0.0"),
    "CONT-011",
    "an entry is of another contract",
  );
  check(broken === null, "CONT-013", `entry ${broken?.seq} breaks the chain`);
}

/** Whether a run is decided again to the same. */
async function isDecidedAgain(stage: Stage, runId: string, stream: readonly StoredEvent[]): Promise<boolean> {
  const { workflow_id } = await stage.run(runId);
  const { workflows, pack } = stage.world.pack;
  const workflow = workflows[workflow_id];
  const recorded = stream.flatMap((stored) => {
    const event = runEventOf(stored);
    return event === null ? [] : [{ seq: stored.seq, event }];
  });
  const isEqual = workflow !== undefined && replay(workflow, pack.bounds, recorded).equal;
  const message = `${runId}: is decided differently when decided again`;
  stage.violations.push(...stage.judge.check(isEqual, { rule: "N4", assertion: "CONT-010" }, message));
  return isEqual;
}
