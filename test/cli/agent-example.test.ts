import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { digestOf, startRecordedModel } from "../../examples/agent/recorded-model.ts";
import { serve } from "../../src/index.ts";
import { compileGraphs, type GraphProgram } from "../flow/agent/program.ts";

// The example as a user runs it: compiled, in processes of its own, on the embedded database that it brings.

const ROOT = resolve(import.meta.dirname, "../..");
const RECORDINGS = join(ROOT, "examples/agent/recordings");
const README = readFileSync(join(ROOT, "examples/agent/README.md"), "utf8");

let program: GraphProgram;
let recordings: string;

beforeAll(() => {
  program = compileGraphs("examples/agent/main.ts", "examples/agent/graph.ts", "src/cli/main.ts");
  for (const folder of ["src/store/migrations", "policies"])
    cpSync(join(ROOT, folder), fileURLToPath(program.url(folder)), { recursive: true });
  recordings = mkdtempSync(join(tmpdir(), "countermark-recordings-"));
});

afterAll(() => {
  program.remove();
  rmSync(recordings, { recursive: true });
});

/** The commands of the example's README that begin so, as they are printed there. */
const documented = (beginning: string): readonly string[] =>
  [...README.matchAll(/^\$ (.*)$/gm)].flatMap(([, command = ""]) => (command.startsWith(beginning) ? command : []));

interface Example {
  /** What it told of its model's requests. */
  readonly told: () => readonly string[];
  /** Runs a command as printed, in a shell that was given the example's lines; a run's id stands where the README has one. */
  readonly run: (command: string, runId?: string) => Promise<{ readonly exit: number; readonly said: string }>;
  close(): Promise<void>;
}

const RUN_ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/;

/** Starts the example by its documented command, on a free port. */
async function startExample(): Promise<Example> {
  const [command = ""] = documented("node dist/");
  const path = fileURLToPath(program.url(command.replace("node dist/", "").replace(/\.js$/, ".ts")));
  const child = spawn(process.execPath, [path, "--port", "0"], { cwd: ROOT, env: pathOnly(), stdio: "pipe" });
  const told = linesOf(child.stderr);
  const lines = linesOf(child.stdout);
  await Promise.race([
    expect.poll(() => lines.length, { timeout: 120_000 }).toBe(2),
    once(child, "close").then(() => Promise.reject(new Error(`the example ended: ${told.join("\n")}`))),
  ]);
  const given = Object.fromEntries(lines.map((line) => line.replace("export ", "").split("=")));
  const cli = fileURLToPath(program.url("src/cli/main.ts"));
  return {
    told: () => told,
    run: async (printed, runId = "") => {
      const shell = printed.replace("npx countermark", `"${process.execPath}" "${cli}"`).replace(RUN_ID, runId);
      const asked = spawn("sh", ["-c", shell], { cwd: recordings, env: { ...pathOnly(), ...given }, stdio: "pipe" });
      const said = [linesOf(asked.stdout), linesOf(asked.stderr)];
      const [exit] = await once(asked, "close");
      return { exit, said: said.flat().join("\n") };
    },
    close: async () => {
      child.kill("SIGINT");
      await once(child, "close");
    },
  };
}

const pathOnly = () => ({ PATH: process.env.PATH ?? "" });

function linesOf(stream: ChildProcessWithoutNullStreams["stdout"]): readonly string[] {
  const lines: string[] = [];
  createInterface({ input: stream }).on("line", (line) => void lines.push(line));
  return lines;
}

test("the example's commands lead to the answer, by governed look-ups and recorded answers, and all of it replays", {
  timeout: 300_000,
}, async () => {
  const example = await startExample();
  const [asks = "", asksMore = ""] = documented("npx countermark run start");
  const [shows = ""] = documented("npx countermark run show");
  const [replays = ""] = documented("npx countermark replay");
  const [verifies = ""] = documented("npx countermark ledger verify");

  const asked = await example.run(asks);
  const [runId = ""] = RUN_ID.exec(asked.said) ?? [];
  const shown = await example.run(shows, runId);
  const replayed = await example.run(replays, runId);
  const exported = await example.run(`npx countermark run export ${runId}`, runId);
  const diagnosed = await example.run(`npx countermark run diagnose ${runId} --json`, runId);
  const unrecorded = await example.run(asksMore);
  const verified = await example.run(verifies);
  await example.close();

  expect(asked).toMatchObject({ exit: 0, said: expect.stringContaining("SUCCEEDED") });
  expect(shown.said).toMatch(/clerk\.answer +Your parcel was handed to USPS .* 9400111899223197428490\./);
  expect(shown.said).toMatch(/cost +0\.008943 USD/); // 2,016 tokens of input, 193 of output
  expect(replayed).toMatchObject({ exit: 0, said: expect.stringMatching(/^identical/) });
  expect(verified).toMatchObject({ exit: 0, said: expect.stringMatching(/^verified/) });
  expect(calledIn(exported.said).toSorted()).toEqual(["fetchOrder", "lookupShipment"]);
  const { diagnosis } = JSON.parse(diagnosed.said);
  expect(diagnosis.report.runtime_policy).toBe("LANGGRAPH_ONLY");
  expect(diagnosis.validation).toMatchObject({ status: "PASS" });
  expect(unrecorded.said).toMatch(/GRAPH_FAILED at step `clerk`.*no recording of request [0-9a-f]{64}: record one by/);
  expect(example.told().map((line) => line.split("  ").slice(0, 2))).toEqual([
    ["model", "answered"],
    ["model", "answered"],
    ["model", "refused"],
  ]);
  expect(example.told().slice(0, 2).map(digestIn).toSorted()).toEqual(recorded().toSorted());
});

/** Plays the example's golden cases from a folder of their own, in which `change` may edit what is played. */
async function playGolden(
  change: (edit: (from: string, to: string, text: (before: string) => string) => void) => void,
) {
  const folder = mkdtempSync(join(tmpdir(), "countermark-golden-"));
  cpSync(join(ROOT, "examples/agent/pack.yaml"), join(folder, "pack.yaml"));
  cpSync(join(ROOT, "examples/agent/golden"), join(folder, "golden"), { recursive: true });
  const edit = (from: string, to: string, text: (before: string) => string) =>
    writeFileSync(join(folder, to), text(readFileSync(join(folder, from), "utf8")));
  const graph = fileURLToPath(program.url("examples/agent/graph.ts"));
  edit("golden/suite.yaml", "golden/suite.yaml", (text) => text.replace(/module: \S+/, `module: ${graph}`));
  change(edit);
  const cli = fileURLToPath(program.url("src/cli/main.ts"));
  const words = [cli, "suite", "run", ".", "--runs", "1", "--json", "--evidence", "suite.ndjson"];
  const child = spawn(process.execPath, words, { cwd: folder, env: pathOnly(), stdio: "pipe" });
  const said = linesOf(child.stdout);
  const [exit] = await once(child, "close");
  const evidence = readFileSync(join(folder, "suite.ndjson"), "utf8").trim().split("\n");
  rmSync(folder, { recursive: true });
  const units = evidence.map((line) => JSON.parse(line)).filter(({ columns }) => columns);
  return {
    exit,
    report: JSON.parse(said.join("\n")),
    unitsOf: (of: string) => units.filter(({ kind }) => kind === of),
  };
}

test("golden cases play the example's graph before recorded answers, and an agent that asks otherwise blocks the deploy", {
  timeout: 300_000,
}, async () => {
  const { exit, report, unitsOf } = await playGolden((edit) =>
    edit("golden/parcel-under-way.yaml", "golden/warmer.yaml", (text) =>
      text.replace("temperature: 0", "temperature: 1"),
    ),
  );

  const { cases, blocked_by } = report;
  expect(exit).toBe(4);
  expect(blocked_by).toContain("agents-recorded");
  const [good, warmer] = cases;
  expect([good.id, good.passed, good.runs]).toEqual(["parcel-under-way", 1, 1]);
  expect(warmer.failures[0].differences).toContain(
    "request 1 of `anthropic` is not what was recorded: `temperature` is 0",
  );
  expect(
    unitsOf("agent").map(({ columns }) => [columns.case, columns.model_calls, columns.tool_calls, columns.tokens]),
  ).toEqual([
    ["parcel-under-way", 2, 2, 2_209],
    ["warmer", 1, 0, 0],
  ]);
});

test("P1-T07 a graph whose next question may take more tokens than its run has left does not ask it, and the run ends on its bound", {
  timeout: 300_000,
}, async () => {
  const { exit, report, unitsOf } = await playGolden((edit) =>
    edit("pack.yaml", "pack.yaml", (text) => text.replace("max_tokens_per_run: 10000", "max_tokens_per_run: 1342")),
  );

  expect(exit).toBe(4);
  expect(report.cases[0].failures[0].differences.join("; ")).toContain("BOUND_TOKENS");
  expect(unitsOf("agent").map(({ columns }) => [columns.model_calls, columns.tokens])).toEqual([[1, 943]]);
});

const digestIn = (line: string): string => line.split("  ").at(-1) ?? "";
const recorded = () => readdirSync(RECORDINGS).map((name) => name.replace(".json", ""));

/** Tools that a transcript's graph called, each let through by its scope. */
function calledIn(transcript: string): readonly string[] {
  const { events } = JSON.parse(transcript);
  const called = Object(events).filter(({ type }: { readonly type: string }) => type === "agent.called");
  return called.flatMap(({ payload }: { readonly payload: Called }) =>
    payload.call.authority.rules.permission === `the scope grants \`${payload.tool}\`` ? payload.tool : [],
  );
}

interface Called {
  readonly tool: string;
  readonly call: { readonly authority: { readonly rules: { readonly permission: string } } };
}

test("each recording of the example is named for its request, and holds no key", () => {
  for (const digest of recorded()) {
    const { request } = JSON.parse(readFileSync(join(RECORDINGS, `${digest}.json`), "utf8"));

    expect(digestOf({ ...request, body: JSON.stringify(request.body) })).toBe(digest);
    expect(Object.keys(request)).toEqual(["method", "path", "body"]);
  }
});

test("what is not recorded is asked of the provider where it may be, with the key, and recorded from then on", async () => {
  const asked: Request[] = [];
  const provider = await serve(
    {
      fetch: (request) => {
        asked.push(request);
        return Response.json({ said: "hello" });
      },
    },
    { port: 0 },
  );
  const became: string[] = [];
  const tell = (_digest: string, what: string) => void became.push(what);
  const live = { origin: provider.origin, key: "key-of-the-test" };
  const recording = await startRecordedModel({ recordings, live, tell });
  const answering = await startRecordedModel({ recordings, live: null, tell });
  const ask = async ({ origin }: { readonly origin: string }) =>
    (
      await fetch(`${origin}/v1/messages`, { method: "POST", headers: { "anthropic-version": "1" }, body: "{}" })
    ).json();

  const answers = [await ask(recording), await ask(recording), await ask(answering)];
  for (const server of [provider, recording, answering]) await server.close();

  expect(answers).toEqual([{ said: "hello" }, { said: "hello" }, { said: "hello" }]);
  expect(became).toEqual(["recorded", "answered", "answered"]);
  expect(asked.map(({ headers }) => [headers.get("x-api-key"), headers.get("anthropic-version")])).toEqual([
    ["key-of-the-test", "1"],
  ]);
});
