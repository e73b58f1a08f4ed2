import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { B0, bundleOf } from "../../src/gate/beta/testing/baseline.ts";
import { writeBundle } from "../../src/gate/beta/testing/write-bundle.ts";
import { releaseFiles } from "../../src/gate/readiness/testing/release.ts";
import { newFolder, runCli } from "./run-cli.ts";

const POLICY = `
id: shop
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean, ms: "integer?" } }
validity_seconds: 3600
window: { kind: rolling, length_seconds: 86400, settle_seconds: 0 }
metrics:
  - { id: correct, kind: ratio, from: run, good: $.good == true }
  - { id: fast, kind: ratio, from: run, good: $.ms <= 100 }
gates:
  - { id: rate, metric: correct, limit: 0.9, remedy: look }
  - { id: speed, metric: fast, limit: 0.9, remedy: look }
`;
const AT = ["--at", "2026-07-20T10:00:00Z"];
const run = (id: number, other: object = {}) =>
  JSON.stringify({ kind: "run", id: `r${id}`, at: "2026-07-20T09:00:00Z", columns: { good: true, ms: 1 }, ...other });
const RUNS = [1, 2, 3].map((id) => run(id));

interface Case {
  readonly files: { readonly [name: string]: string | Buffer };
  readonly words: readonly string[];
}

/** The shop's policy on some lines of evidence. */
const units = (lines: readonly string[], policy = POLICY): Case => ({
  files: { "policy.yaml": policy, "runs.ndjson": lines.join("\n") },
  words: ["gate", "eval", "policy.yaml", "--evidence", "runs.ndjson", ...AT],
});

/** With a byte that no UTF-8 has in place of the last of a text's first occurrence. */
function damaged(bytes: Buffer, text: string): Buffer {
  const copy = Buffer.from(bytes);
  copy[bytes.indexOf(text) + text.length - 1] = 0xff;
  return copy;
}

async function came({ files, words }: Case) {
  const cwd = newFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  const { exit, stdout, stderr } = await runCli(words, { cwd });
  return { exit, said: stdout + stderr };
}

test("evidence that is as it should be is GO: what follows differs from it in one thing", async () => {
  expect(await came(units(RUNS))).toMatchObject({ exit: 0 });
});

test.each<[what: string, given: Case, exit: number, said: string]>([
  [
    "a file that is missing",
    { ...units(RUNS), words: [...units(RUNS).words, "--evidence", "more.ndjson"] },
    2,
    "FILE_NOT_FOUND",
  ],
  [
    "a file that is no text",
    { ...units(RUNS), files: { "policy.yaml": POLICY, "runs.ndjson": Buffer.from([0xff, 0xfe, 0x00]) } },
    5,
    "cannot be read",
  ],
  [
    "a folder without evidence",
    { files: { "policy.yaml": POLICY }, words: ["gate", "eval", "policy.yaml", "--evidence", ".", ...AT] },
    5,
    "GATE_EVIDENCE_MISSING",
  ],
  [
    "a line of which one byte is no text, among others that pass",
    {
      ...units(RUNS),
      files: { "policy.yaml": POLICY, "runs.ndjson": damaged(Buffer.from([...RUNS, run(4)].join("\n")), "r4") },
    },
    5,
    "cannot be read",
  ],
  ["a file without a line", units([]), 5, "UNKNOWN"],
  ["a line that is cut off", units([...RUNS, run(4).slice(0, 30)]), 5, "cannot be read"],
  ["fewer units than the file says", units([...RUNS, '{"kind":"run","units":4}']), 5, "does not have the 4 units"],
  ["a channel that nobody knows", units([...RUNS, run(4, { channel: "staging" })]), 5, "cannot be read"],
  ["a column of another type", units([...RUNS, run(4, { columns: { good: "true", ms: 1 } })]), 5, "UNKNOWN"],
  [
    "a condition that cannot be told of a unit",
    units([...RUNS, run(4, { columns: { good: true, ms: null } })]),
    5,
    "UNKNOWN",
  ],
  ["a number that no JSON has", units([...RUNS, run(4).replace('"ms":1', '"ms":1e999')]), 5, "UNKNOWN"],
  [
    "two contents under one id",
    units([...RUNS, run(1, { columns: { good: true, ms: 2 } })]),
    5,
    "stands there with different contents",
  ],
  ["a window in which nothing is", units([run(1, { at: "2026-07-10T09:00:00Z" })]), 5, "UNKNOWN"],
  ["units of a time that has not come", units([run(1, { at: "2026-07-20T10:00:01Z" })]), 5, "UNKNOWN"],
  ["a policy that cannot be read", units(RUNS, POLICY.replace("limit: 0.9", "limit: often")), 2, "GATE_POLICY_INVALID"],
  [
    "a policy with a field that nobody knows",
    units(RUNS, POLICY.replace("limit: 0.9", "limit: 0.9, lenient: true")),
    2,
    "GATE_POLICY_FIELD_UNKNOWN",
  ],
  [
    "a function that this program has not",
    units(RUNS, POLICY.replace("version: 1 }", "version: 9 }")),
    2,
    "GATE_DERIVATION_UNKNOWN",
  ],
  [
    "a profile that is not there",
    { ...units(RUNS), words: [...units(RUNS).words, "--profile", "lenient"] },
    2,
    "GATE_PROFILE_UNKNOWN",
  ],
  ["an instant that is none", { ...units(RUNS), words: [...units(RUNS).words.slice(0, -1), "tomorrow"] }, 2, "USAGE"],
])("%s is not GO", async (_, given, exit, said) => {
  const told = await came(given);

  expect(told).toMatchObject({ exit, said: expect.stringContaining(said) });
  expect(told.said).not.toMatch(/^GO /m);
});

test("a beta without its manifest, without its rows, or judged before what it shows happened, is not GO", async () => {
  const folder = newFolder();
  writeBundle(folder, bundleOf(B0));
  const read = (name: string) => readFileSync(join(folder, name));
  const whole = { "manifest.json": read("manifest.json"), "rows.ndjson": read("rows.ndjson") };
  const words = (at: string) => [
    "gate",
    "eval",
    resolve("policies/dual-track-beta.yaml"),
    "--evidence",
    ".",
    "--at",
    at,
  ];

  const manifest = await came({ files: { "rows.ndjson": whole["rows.ndjson"] }, words: words("2026-03-09T02:00:00Z") });
  const rows = await came({ files: { "manifest.json": whole["manifest.json"] }, words: words("2026-03-09T02:00:00Z") });
  const early = await came({ files: whole, words: words("2026-03-08T02:00:00Z") });
  const illegible = await Promise.all([
    came({
      files: { ...whole, "manifest.json": damaged(whole["manifest.json"], "bundleId") },
      words: words("2026-03-09T02:00:00Z"),
    }),
    came({
      files: { ...whole, "rows.ndjson": damaged(whole["rows.ndjson"], "eventKey") },
      words: words("2026-03-09T02:00:00Z"),
    }),
  ]);

  expect(manifest).toMatchObject({ exit: 5, said: expect.stringContaining("GATE_EVIDENCE_MISSING") });
  expect([rows.exit, early.exit]).toEqual([4, 4]);
  expect(illegible).toMatchObject([
    { exit: 5, said: expect.stringContaining("GATE_EVIDENCE_MISSING") },
    { exit: 4, said: expect.stringContaining("NO-GO") },
  ]);
});

test("a release one of whose reports has a byte that is no text is not GO, and ends with 5: nothing failed", async () => {
  const files = Object.entries(releaseFiles({})).map(([name, text]) => [name, Buffer.from(text)] as const);
  const words = ["gate", "eval", resolve("policies/release-readiness.yaml"), "--profile", "strict", "--evidence", "."];
  const at = (all: readonly (readonly [string, Buffer])[]) =>
    came({ files: Object.fromEntries(all), words: [...words, ...AT] });

  const whole = await at(files);
  const broken = await at(files.map(([name, bytes]) => [name, name === "R33.json" ? damaged(bytes, "pas") : bytes]));

  expect(whole.exit).toBe(0);
  expect(broken).toMatchObject({ exit: 5, said: expect.stringContaining("operator_readiness_report_present") });
});

test("a packet that is cut off, or whose policy is another, is not decided, and ends with 8", async () => {
  const cwd = newFolder();
  writeFileSync(join(cwd, "policy.yaml"), POLICY);
  writeFileSync(join(cwd, "runs.ndjson"), RUNS.join("\n"));
  await runCli(["packet", "build", "policy.yaml", "--evidence", "runs.ndjson", ...AT, "--out", "packet.html"], { cwd });
  const page = readFileSync(join(cwd, "packet.html"), "utf8");
  writeFileSync(join(cwd, "cut.html"), page.slice(0, page.length / 2));
  writeFileSync(join(cwd, "lenient.html"), page.replaceAll("limit: 0.9", "limit: 0.1"));

  const ends = ["packet.html", "cut.html", "lenient.html"].map((name) => runCli(["decide", name], { cwd }));

  expect((await Promise.all(ends)).map(({ exit }) => exit)).toEqual([0, 8, 8]);
});
