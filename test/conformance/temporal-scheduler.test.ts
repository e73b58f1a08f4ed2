import { Client, Connection } from "@temporalio/client";
import { describe, expect, test } from "vitest";
import { newFolder, runCli } from "../cli/run-cli.ts";
import { activateTestPack } from "../cli/test-pack.ts";
import { openCrashShop, PROFILE, TENANT } from "../crash/shop.ts";
import { hasEnded, until } from "../crash/standing.ts";
import { HOW_TO_GET_ONE, temporalServer } from "../crash/temporal-server.ts";
import { freshDatabase } from "../database/database.ts";
import { schedulerConformance } from "./scheduler-suite.ts";

const temporal = temporalServer();

if (temporal === null) describe.skip(`the temporal scheduler ${HOW_TO_GET_ONE}`);
else {
  schedulerConformance({
    name: "temporal",
    schedule: (installation) => installation.connectTemporal(temporal),
    temporal,
  });

  test("INT-T1 a run is one workflow in the cluster, which waits by a timer, ends with the run, and holds ids only", async () => {
    const shop = await openCrashShop();
    const connection = await Connection.connect({ address: temporal.address });
    const worker = shop.installation.newWorker({
      profile: PROFILE,
      schedule: await shop.installation.connectTemporal(temporal),
    });
    worker.start();

    const runId = await shop.start("later", { reference: "a secret of the run" });
    await until(shop, runId, hasEnded);
    const workflow = new Client({ connection }).workflow.getHandle(`run:${TENANT}:${runId}`);
    await workflow.result();
    const { events } = await workflow.fetchHistory();
    await worker.stop();
    await connection.close();
    await shop.close();

    const payloads = events?.flatMap((event) => [
      ...(event.workflowExecutionStartedEventAttributes?.input?.payloads ?? []),
      ...(event.activityTaskScheduledEventAttributes?.input?.payloads ?? []),
      ...(event.activityTaskCompletedEventAttributes?.result?.payloads ?? []),
    ]);
    const said = payloads?.map(({ data }) => Buffer.from(data ?? []).toString()).join("\n");
    const types = events?.map((event) => Object.keys(event).find((key) => key.endsWith("EventAttributes")));
    expect(types).toContain("timerStartedEventAttributes");
    expect(types?.at(-1)).toBe("workflowExecutionCompletedEventAttributes");
    expect(said).toContain(runId);
    expect(said).not.toContain("a secret of the run");
  });

  test("dev --scheduler temporal serves, says so, and its runs are called for by the cluster", async () => {
    const fresh = await freshDatabase();
    const world = { cwd: newFolder(), server: fresh.options, env: { TEMPORAL_ADDRESS: temporal.address } };
    await activateTestPack(world);
    const ending = new AbortController();
    let heard: (text: string) => void = () => undefined;
    const first = new Promise<string>((resolve) => {
      heard = resolve;
    });

    const argv = ["dev", "--bare", "--port", "0", "--scheduler", "temporal"];
    const finished = runCli(argv, { ...world, interrupted: ending.signal, heard });
    const welcome = await first;
    const started = await runCli(["run", "start", "note", "--input", '{"text":"a"}', "--json"], { cwd: world.cwd });
    const doctor = await runCli(["doctor", "--scheduler", "temporal"], world);
    ending.abort("SIGINT");

    expect(welcome).toContain(`called for by Temporal at ${temporal.address}`);
    expect(JSON.parse(started.stdout)).toMatchObject({ status: "SUCCEEDED" });
    expect(doctor.stdout).toMatch(/ok +scheduler +Temporal.* answers at /);
    expect(await finished).toMatchObject({ exit: 130, stderr: "" });
    await fresh.drop();
  });
}
