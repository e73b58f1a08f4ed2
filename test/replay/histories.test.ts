import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as worker from "@temporalio/worker";
import { DeterminismViolationError } from "@temporalio/workflow";
import { beforeAll, describe, expect, test } from "vitest";
import { silence } from "../../src/worker/temporal/connect.ts";
import { HISTORIES, readHistory, runWorkflowPath, SCENES, sandboxOf } from "../../tools/histories.ts";

const folder = new URL(`../../${HISTORIES}/`, import.meta.url);
const names = readdirSync(folder).map((file) => file.replace(".json", ""));
const historyOf = (name: string) => readHistory(readFileSync(new URL(`${name}.json`, folder), "utf8"));

/** Loads a module into the sandbox once; replays a history in it. */
const replayer = async (workflowsPath: string) => {
  const workflowBundle = await sandboxOf(workflowsPath);
  return (name: string) => worker.Worker.runReplayHistory({ workflowBundle }, historyOf(name), `run:acme:${name}`);
};

beforeAll(() => silence({ worker }));

describe("workflows that a cluster holds open", () => {
  test("INT-T8 each path through the workflow of a run has its history, and this build goes on from it", async () => {
    const replay = await replayer(runWorkflowPath());

    expect(names).toEqual(expect.arrayContaining(Object.keys(SCENES)));
    for (const name of names) await expect(replay(name), name).resolves.toBeUndefined();
  });

  test("INT-T8 a workflow that would do otherwise is found by every one of them", async () => {
    const replay = await replayer(fileURLToPath(new URL("other-workflow.ts", import.meta.url)));

    for (const name of names) await expect(replay(name), name).rejects.toBeInstanceOf(DeterminismViolationError);
  });

  test("INT-T7 a history is cut before it grows long", () => {
    const { events } = historyOf("cut-and-continued");

    expect(events?.length).toBeLessThan(400);
    expect(events?.at(-1)?.eventType).toBe(EVENT_CONTINUED_AS_NEW);
  });
});

/** `EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW` of the protocol. */
const EVENT_CONTINUED_AS_NEW = 28;
