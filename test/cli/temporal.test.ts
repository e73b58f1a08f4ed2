import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HOW_TO_GET_ONE, temporalServer } from "../crash/temporal-server.ts";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";
import { newFolder, runCli, type World } from "./run-cli.ts";
import { activateTestPack } from "./test-pack.ts";

const temporal = temporalServer();

if (temporal === null) describe.skip(`commands that work for a Temporal cluster ${HOW_TO_GET_ONE}`);
else
  describe("commands that work for a Temporal cluster", () => {
    let fresh: FreshDatabase;
    let world: World & { readonly cwd: string };

    beforeAll(async () => {
      fresh = await freshDatabase();
      world = { cwd: newFolder(), server: fresh.options, env: { TEMPORAL_ADDRESS: temporal.address } };
      await activateTestPack(world);
    });
    afterAll(() => fresh.drop());

    /** Starts a command that runs until it is interrupted, and waits for its first words. */
    async function starting(argv: readonly string[], more: World = {}) {
      const ending = new AbortController();
      let heard: (text: string) => void = () => undefined;
      const first = new Promise<string>((resolve) => {
        heard = resolve;
      });
      const finished = runCli(argv, { ...world, ...more, interrupted: ending.signal, heard });
      const interrupt = () => {
        ending.abort("SIGINT");
        return finished;
      };
      return { said: await first, interrupt };
    }

    test("dev --scheduler temporal serves, says so, and its runs are called for by the cluster", async () => {
      const serving = await starting(["dev", "--bare", "--port", "0", "--scheduler", "temporal"]);

      const started = await runCli(["run", "start", "note", "--input", '{"text":"a"}', "--json"], { cwd: world.cwd });
      const doctor = await runCli(["doctor", "--scheduler", "temporal"], world);

      expect(serving.said).toContain(`called for by Temporal at ${temporal.address}`);
      expect(JSON.parse(started.stdout)).toMatchObject({ status: "SUCCEEDED" });
      expect(doctor.stdout).toMatch(/ok +scheduler +Temporal.* answers at /);
      expect(await serving.interrupt()).toMatchObject({ exit: 130, stderr: "" });
    });

    test("worker start --scheduler temporal, and COUNTERMARK_SCHEDULER, start a worker that the cluster calls", async () => {
      const flagged = await starting(["worker", "start", "--scheduler", "temporal"]);
      const env = { ...world.env, COUNTERMARK_SCHEDULER: "temporal" };
      const told = await starting(["worker", "start", "--json"], { env });

      expect(flagged.said).toContain(`its runs are called for by Temporal at ${temporal.address}`);
      expect(JSON.parse(told.said)).toMatchObject({ scheduler: "temporal" });
      expect(await flagged.interrupt()).toMatchObject({ exit: 130, stderr: "" });
      expect(await told.interrupt()).toMatchObject({ exit: 130, stderr: "" });
    });
  });
