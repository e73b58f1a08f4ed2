import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { demoTools } from "../../src/cli/demo/demo-pack.ts";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";
import { type Finished, newFolder, runCli, type World } from "./run-cli.ts";
import { activateTestPack } from "./test-pack.ts";

let fresh: FreshDatabase;
let world: World & { readonly cwd: string };

beforeEach(async () => {
  fresh = await freshDatabase();
  world = { cwd: newFolder(), server: fresh.options };
  await activateTestPack(world);
});

afterEach(() => fresh.drop());

/** A server in this process, as `countermark dev` runs it. */
async function startDev(): Promise<{ readonly url: string; stop(): Promise<Finished> }> {
  const ending = new AbortController();
  let heard: (text: string) => void = () => undefined;
  const first = new Promise<string>((resolve) => {
    heard = resolve;
  });
  const finished = runCli(["dev", "--bare", "--port", "0", "--json"], { ...world, interrupted: ending.signal, heard });
  const { url } = JSON.parse(await first);
  return {
    url,
    stop: () => {
      ending.abort("SIGINT");
      return finished;
    },
  };
}

const serverFile = () => join(world.cwd, ".countermark/server.json");

test("dev announces itself to its owner's commands only, which then speak to it, and leaves no trace", async () => {
  const dev = await startDev();

  const mode = statSync(serverFile()).mode & 0o777;
  const announced = JSON.parse(readFileSync(serverFile(), "utf8"));
  // Without a database of its own a command can only have asked the server.
  const { server: _, ...elsewhere } = world;
  const started = await runCli(["run", "start", "note", "--input", "-", "--json"], {
    ...elsewhere,
    stdin: '{"text":"a"}',
  });
  const health = await fetch(`${dev.url}/v1/health`);
  const ended = await dev.stop();

  expect(mode).toBe(0o600);
  expect(announced).toMatchObject({ url: dev.url, pid: process.pid });
  expect(started).toMatchObject({ exit: 0, stderr: "" });
  expect(JSON.parse(started.stdout)).toMatchObject({ status: "SUCCEEDED" });
  expect(await health.json()).toMatchObject({ status: "ok", version: "0.1.0" });
  expect(ended).toMatchObject({ exit: 130, stderr: "" });
  expect(existsSync(serverFile())).toBe(false);
});

test("COUNTERMARK_URL names a server anywhere; its key comes from COUNTERMARK_KEY", async () => {
  const dev = await startDev();
  const key = readFileSync(join(world.cwd, ".countermark/key"), "utf8").trim();
  const remote = { cwd: newFolder(), env: { COUNTERMARK_URL: dev.url, COUNTERMARK_KEY: key } };

  const listed = await runCli(["run", "list"], remote);
  const keyless = await runCli(["run", "list"], { ...remote, env: { COUNTERMARK_URL: dev.url } });
  const denied = await runCli(["tenant", "list"], remote);
  await dev.stop();
  const gone = await runCli(["run", "list"], remote);

  expect(listed).toEqual({ exit: 0, stdout: "no runs\n", stderr: "" });
  expect(keyless).toMatchObject({ exit: 2, stderr: expect.stringMatching(/^UNAUTHENTICATED: there is no key: /) });
  expect(denied).toMatchObject({ exit: 7, stderr: expect.stringMatching(/^ROLE_REQUIRED: /) });
  expect(gone).toMatchObject({ exit: 1, stderr: expect.stringMatching(/^SERVER_UNREACHABLE: no server answers at /) });
});

test("a second dev of one directory is refused", async () => {
  const dev = await startDev();

  const second = await runCli(["dev", "--port", "0"], world);
  await dev.stop();

  expect(second).toMatchObject({ exit: 9, stdout: "" });
  expect(second.stderr).toMatch(
    /^PORT_IN_USE: a server of this directory runs already at .*\nremedy: use it, or stop it/,
  );
});

test("a port in use is a conflict, and nothing is announced", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const port = String(Object(taken.address()).port);

  const said = await runCli(["dev", "--port", port], world);
  taken.close();

  expect(said).toMatchObject({
    exit: 9,
    stderr: expect.stringContaining(`PORT_IN_USE: port ${port} is in use\nremedy: `),
  });
  expect(existsSync(serverFile())).toBe(false);
});

test.each([
  ["of a process that has ended", () => ({ isAlive: () => false }), 0o600, "which has ended"],
  ["that others can read", () => ({}), 0o644, "can be read by others"],
  ["at whose address nobody answers", () => ({}), 0o600, "no server answers at http://127.0.0.1:1"],
])("a server.json %s is ignored with a note, and the command does its work", async (_, more, mode, why) => {
  writeFileSync(serverFile(), '{"url":"http://127.0.0.1:1","pid":4711,"started_at":"2026-01-02T03:04:05.000Z"}', {
    mode,
  });

  const said = await runCli(["run", "list"], { ...world, ...more() });

  expect(said).toMatchObject({ exit: 0, stdout: "no runs\n", stderr: expect.stringMatching(/^ignored: /) });
  expect(said.stderr).toContain(why);
});

test("a key file that others can read is not used", async () => {
  chmodSync(join(world.cwd, ".countermark/key"), 0o644);

  const said = await runCli(["run", "list"], world);

  expect(said).toMatchObject({
    exit: 2,
    stderr: expect.stringMatching(/^UNAUTHENTICATED: others may read .*\nremedy: /),
  });
});

test("a key that is gone is named, and none is made in its place", async () => {
  rmSync(join(world.cwd, ".countermark/key"));

  const said = await runCli(["run", "list"], world);

  expect(said).toMatchObject({ exit: 2, stderr: expect.stringMatching(/^UNAUTHENTICATED: there is no key: /) });
  expect(existsSync(join(world.cwd, ".countermark/key"))).toBe(false);
});

test("a first opening that was cut short before its keys were written is completed", async () => {
  rmSync(join(world.cwd, ".countermark/key"));
  writeFileSync(join(world.cwd, ".countermark/bootstrap"), "");

  const said = await runCli(["run", "list"], world);

  expect(said).toMatchObject({ exit: 0, stderr: expect.stringMatching(/^made `.*\/key`\n$/) });
});

test("another directory on a database that has tenants is refused before it seals anything", async () => {
  const said = await runCli(["run", "list"], { ...world, cwd: newFolder() });
  const own = await runCli(["run", "list"], world);

  expect(said).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining("is not this database's: its installation.key"),
  });
  expect(own.exit).toBe(0);
});

test("an interrupted wait ends with exit 130, and the run goes on later", async () => {
  const ending = new AbortController();
  ending.abort("SIGINT");

  const said = await runCli(["run", "start", "note", "--input", "-", "--json"], {
    ...world,
    stdin: '{"text":"a"}',
    interrupted: ending.signal,
  });
  const later = await runCli(["run", "list", "--json"], world);

  expect(said.exit).toBe(130);
  expect(JSON.parse(later.stdout).runs).toHaveLength(1);
});

test("dev opens the demo shop: a finished run, an approval for its owner to decide, and a release that is in production", async () => {
  const ending = new AbortController();
  let heard: (text: string) => void = () => undefined;
  const first = new Promise<string>((resolve) => {
    heard = resolve;
  });
  const cwd = newFolder();
  const own = await freshDatabase();
  const shop = { cwd, server: own.options, tools: async () => demoTools() };
  const finished = runCli(["dev", "--port", "0", "--json"], { ...shop, interrupted: ending.signal, heard });
  const { run_id, approval_id, bundle_id, evaluation_id } = JSON.parse(await first);

  const environments = JSON.parse((await runCli(["env", "show", "--json"], { cwd })).stdout).environments;
  const explained = await runCli(["gate", "explain", evaluation_id], { cwd });
  const shown = await runCli(["run", "show", run_id, "--json"], { cwd });
  const approved = await runCli(["approve", approval_id, "--yes", "--json"], { cwd });
  ending.abort("SIGINT");

  expect(JSON.parse(shown.stdout)).toMatchObject({ status: "SUCCEEDED", workflow_id: "P1-WF01" });
  expect(JSON.parse(approved.stdout)).toMatchObject({ status: "APPROVED" });
  expect(environments).toMatchObject(
    ["dev", "staging", "prod"].map((environment) => ({ environment, bundle: { bundle_id, health: "good" } })),
  );
  expect(explained).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^GO .*canary/) });
  expect(await finished).toMatchObject({ exit: 130 });
  await own.drop();
});
