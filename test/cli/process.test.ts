import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeQuery } from "../../src/gate/parquet/testing/write-parquet.ts";

// The program as it is installed: compiled, in processes of its own, with the embedded database.

const ROOT = resolve(import.meta.dirname, "../..");
let program: string;
const folders: string[] = [];

beforeAll(() => {
  program = folderOf("program");
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      noCheck: true,
      rootDir: ROOT,
      outDir: program,
      typeRoots: [join(ROOT, "node_modules/@types")],
    },
    files: [join(ROOT, "src/cli/main.ts")],
    include: [],
  };
  writeFileSync(join(program, "tsconfig.json"), JSON.stringify(config));
  writeFileSync(join(program, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(join(ROOT, "node_modules"), join(program, "node_modules"));
  const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
  execFileSync(process.execPath, [join(manifest, "../bin/tsc"), "-p", program], { stdio: "pipe" });
  cpSync(join(ROOT, "src/store/migrations"), join(program, "src/store/migrations"), { recursive: true });
});

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folderOf(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `countermark-${name}-`));
  chmodSync(folder, 0o755); // the embedded server's account has to pass it
  folders.push(folder);
  return folder;
}

type Environment = { readonly [name: string]: string };

function start(argv: readonly string[], cwd: string, env: Environment = {}): ChildProcessWithoutNullStreams {
  const { PATH = "" } = process.env;
  const main = join(program, "src/cli/main.js");
  return spawn(process.execPath, [main, ...argv], { cwd, env: { PATH, ...env }, stdio: "pipe" });
}

async function run(argv: readonly string[], cwd: string, env: Environment = {}) {
  const child = start(argv, cwd, env);
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said.stderr += chunk.toString()));
  child.stdin.end();
  const [exit] = await once(child, "close");
  return { exit, ...said };
}

test("help, misuse and a refused pack end with their exit codes, and nothing is made", async () => {
  const cwd = folderOf("cwd");

  const help = await run(["--help"], cwd);
  const misuse = await run(["rn"], cwd);
  const refused = await run(["check", "none.yaml"], cwd);

  expect(help).toMatchObject({ exit: 0, stderr: "" });
  expect(misuse).toMatchObject({ exit: 2, stdout: "" });
  expect(refused).toMatchObject({ exit: 2, stderr: expect.stringMatching(/^FILE_NOT_FOUND: .*\nremedy: .*\n$/) });
  expect(readdirSync(cwd)).toEqual([]);
});

test("a NO-GO that nobody reads to its end is no success", async () => {
  const cwd = folderOf("cwd");
  writeFileSync(join(cwd, "policy.yaml"), BY_NAME);
  writeFileSync(join(cwd, "runs.ndjson"), "");
  const child = start(
    ["gate", "eval", "policy.yaml", "--evidence", "runs.ndjson", "--at", "2026-03-09T02:00:00Z"],
    cwd,
  );

  child.stdout.destroy();
  const [exit] = await once(child, "exit");

  expect([5, 130]).toContain(exit);
});

test("evidence comes to the same bytes in any locale and time zone, in whatever order its lines are", async () => {
  const lines = ["ı", "I", "i", "ä", "Z", "a", "z"].flatMap((name, index) =>
    ["2026-03-01T23:59:59Z", "2026-03-02T00:00:00Z", "2026-03-08T23:59:59Z"].map((at, day) =>
      JSON.stringify({ kind: "run", id: `${name}${day}`, at, columns: { name, ms: index + day / 2 } }),
    ),
  );
  const places = [
    { LC_ALL: "C", TZ: "UTC", order: lines },
    { LC_ALL: "tr_TR.UTF-8", TZ: "Pacific/Kiritimati", order: lines.toReversed() },
    { LANG: "sv_SE.UTF-8", TZ: "America/St_Johns", order: [...lines.slice(5), ...lines.slice(0, 5)] },
  ];

  const said = await Promise.all(
    places.map(({ order, ...env }) => {
      const cwd = folderOf("cwd");
      writeFileSync(join(cwd, "policy.yaml"), BY_NAME);
      writeFileSync(join(cwd, "runs.ndjson"), order.join("\n"));
      const at = ["--at", "2026-03-09T02:00:00Z", "--format", "core"];
      return run(["gate", "eval", "policy.yaml", "--evidence", "runs.ndjson", ...at], cwd, env);
    }),
  );

  const { gates } = JSON.parse(said[0]?.stdout ?? "");
  expect(gates.map(({ id, value }: { id: string; value: string }) => `${id} ${value}`)).toEqual([
    ...["few:I 2", "few:Z 2", "few:a 2", "few:i 2", "few:z 2", "few:ä 2", "few:ı 2"],
  ]);
  expect(said.map(({ stdout }) => stdout)).toEqual(places.map(() => said[0]?.stdout));
  expect(said.map(({ exit, stderr }) => ({ exit, stderr }))).toEqual(places.map(() => ({ exit: 4, stderr: "" })));
});

const BY_NAME = `id: by_name
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { name: string, ms: number } }
validity_seconds: 60
window: { kind: calendar, unit: week }
metrics: [{ id: runs, kind: count, from: run }]
gates: [{ id: few, metric: runs, each: name, op: "<=", limit: 1, remedy: look }]
`;

test("a first command makes a whole installation, and the next finds it", async () => {
  const cwd = folderOf("cwd");

  const first = await run(["run", "list"], cwd);
  const second = await run(["tenant", "list", "--json"], cwd);
  const doctor = await run(["doctor"], cwd);

  expect(first).toMatchObject({ exit: 0, stdout: "no runs\n", stderr: expect.stringMatching(/^made .*\nmade .*\n$/) });
  expect(JSON.parse(second.stdout).tenants).toHaveLength(2);
  expect(doctor).toMatchObject({ exit: 0, stdout: expect.not.stringContaining("fail") });
});

test("a damaged embedded directory is one line with what to do, and is left as it is", async () => {
  const cwd = folderOf("cwd");
  await run(["migrate", "up"], cwd);
  const control = join(cwd, ".countermark/database/data/global/pg_control");
  rmSync(control);

  const said = await run(["run", "list"], cwd);

  expect(said).toMatchObject({ exit: 1, stdout: "" });
  expect(said.stderr).toMatch(
    /^EMBEDDED_CORRUPT: .*pg_control.*\nremedy: move it away and start again, or restore a backup\n$/,
  );
  expect(existsSync(control)).toBe(false);
});

test("dev ends on Ctrl-C with exit 130, having taken its announcement back and stopped its database", async () => {
  const cwd = folderOf("cwd");
  const dev = start(["dev", "--bare", "--port", "0", "--json"], cwd);
  const ended = once(dev, "close");
  const lines = createInterface({ input: dev.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const announced = existsSync(join(cwd, ".countermark/server.json"));

  dev.kill("SIGINT");
  const [exit] = await ended;

  expect({ announced, exit }).toEqual({ announced: true, exit: 130 });
  expect(existsSync(join(cwd, ".countermark/server.json"))).toBe(false);
  expect(readdirSync(join(cwd, ".countermark/users"))).toEqual([]);
});

test("help is what the build wrote down, where it did; asked for by its word it is made anew", async () => {
  const cwd = folderOf("cwd");
  const written = join(program, "src/cli/help.txt");

  const made = await run(["help"], cwd);
  const unwritten = await run(["--help"], cwd);
  writeFileSync(written, "as it was written\n");
  const read = await run(["-h"], cwd);
  const ofCommand = await run(["run", "list", "--help"], cwd);
  rmSync(written);

  expect(unwritten).toEqual(made);
  expect(read).toEqual({ exit: 0, stdout: "as it was written\n", stderr: "" });
  expect(ofCommand.stdout).toContain("Usage: countermark run list");
});

test("a reader that has read enough is no error", async () => {
  const child = start(["--help"], folderOf("cwd"));
  const errors: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  child.stdout.destroy();

  const [exit] = await once(child, "close");

  expect({ exit, errors }).toEqual({ exit: 0, errors: [] });
});

const PLACES: readonly Environment[] = [
  { TZ: "UTC", LC_ALL: "C" },
  { TZ: "Pacific/Apia", LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8" },
  { TZ: "America/St_Johns", LC_ALL: "sv_SE.UTF-8" },
];

test("counted in Parquet, a decision is the same bytes in every time zone and language, and the same but for the file's digest in any order", async () => {
  const cwd = folderOf("purity-parquet");
  const select = `select 'run' as kind, 'r' || i as id, ['I', 'ı', 'İ', 'ß', 'ä', 'a-b'][1 + i % 6] as name, i % 7 > 0 as good,
                           i + 0.5::double as ms, 'prod_traffic' as channel, AT as "at" from range(400) as t(i)`;
  // Half an hour before and after midnight in UTC; with a zone, and without one.
  const at = "(timestamp '2026-07-19 23:30:00' + to_minutes((i % 2)::bigint * 60))";
  await writeQuery(join(cwd, "plain.parquet"), select.replace("AT", at));
  await writeQuery(join(cwd, "shuffled.parquet"), `${select.replace("AT", at)} order by hash(i)`);
  await writeQuery(join(cwd, "zoned.parquet"), select.replace("AT", `timezone('UTC', ${at})`));
  writeFileSync(
    join(cwd, "policy.yaml"),
    `
id: shop
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { name: string, good: boolean, ms: number } }
validity_seconds: 3600
window: { kind: calendar, unit: day }
metrics:
  - { id: correct, kind: ratio, from: run, distinct: name, fold: last, good: $.good == true }
  - { id: slow, kind: quantile, from: run, column: ms, q: 0.5 }
  - { id: last, kind: value, from: run, column: ms, fold: last }
gates:
  - { id: rate, metric: correct, limit: 0.9, remedy: look }
  - { id: median, metric: slow, op: "<=", limit: { metric: last, times: 0.1 }, remedy: look }
`,
  );
  const decided = async (env: Environment, file: string) => {
    const words = ["gate", "eval", "policy.yaml", "--evidence", file, "--at", "2026-07-20T01:00:00Z"];
    const { stdout } = await run([...words, "--format", "core"], cwd, env);
    return stdout;
  };

  const [plain, ...others] = await Promise.all(PLACES.map((env) => decided(env, "plain.parquet")));
  const again = await Promise.all(
    ["shuffled.parquet", "zoned.parquet"].map((file, index) => decided(PLACES[index + 1] ?? {}, file)),
  );

  expect(JSON.parse(plain ?? "")).toMatchObject({
    evidence: { units: { run: 400 } },
    gates: [{ sample: 3 }, { sample: 200 }],
  });
  for (const other of others) expect(other).toBe(plain);
  const { gates } = JSON.parse(plain ?? "");
  for (const other of again) expect(JSON.parse(other).gates).toEqual(gates);
});

test("GATE-01 a decision is the same bytes in every time zone and language, and whatever order its evidence comes in", async () => {
  const cwd = folderOf("purity");
  const names = ["I", "i", "ı", "İ", "ß", "ss", "Z", "ä", "a-b", "a_b", "10", "9"];
  const runs = names.flatMap((name) =>
    [0, 1].map((good) =>
      JSON.stringify({
        kind: "run",
        id: `${name}${good}`,
        at: "2026-07-19T23:30:00Z",
        columns: { name, good: good === 1, ms: 1234.5 },
      }),
    ),
  );
  writeFileSync(
    join(cwd, "policy.yaml"),
    `
id: shop
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { name: string, good: boolean, ms: number } }
validity_seconds: 3600
window: { kind: calendar, unit: day }
metrics:
  - { id: correct, kind: ratio, from: run, good: $.good == true }
  - { id: slow, kind: quantile, from: run, column: ms, q: 0.5 }
gates:
  - { id: rate, metric: correct, each: name, limit: 0.9, remedy: look }
  - { id: median, metric: slow, op: "<=", limit: 1000, remedy: look }
`,
  );
  const decided = async (env: Environment, lines: readonly string[]) => {
    writeFileSync(join(cwd, "runs.ndjson"), lines.join("\n"));
    const words = ["gate", "eval", "policy.yaml", "--evidence", "runs.ndjson", "--at", "2026-07-20T01:00:00Z"];
    const { exit, stdout } = await run([...words, "--format", "core"], cwd, env);
    return { exit, stdout };
  };

  const [home = {}, ...places] = PLACES;
  const plain = await decided(home, runs);
  const orders = [runs.toReversed(), [...runs.slice(7), ...runs.slice(0, 7)]];
  const others = [];
  for (const [index, env] of places.entries()) others.push(await decided(env, orders[index] ?? []));

  expect(plain).toMatchObject({ exit: 4, stdout: expect.stringContaining("rate:ß") });
  for (const other of others) expect(other).toEqual(plain);
});
