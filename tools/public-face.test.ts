import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { emittedUnder, publicFace } from "./public-face.ts";

/** Milliseconds: the compiler reads the whole source, on a machine that may be busy. */
const COMPILE_MAX = 60_000;

test("the committed public face is the one that the compiler emits", { timeout: COMPILE_MAX }, () => {
  const folder = mkdtempSync(join(tmpdir(), "countermark-face-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tsc = "node_modules/typescript/bin/tsc";

  execFileSync(process.execPath, [
    ...[tsc, "-p", "tsconfig.build.json", "--emitDeclarationOnly", "--noCheck", "--outDir", folder],
  ]);

  const committed = readFileSync("docs/reference/public-face.md", "utf8");
  const hint = "the public face changed: if that is meant, `npm run reference` prints it anew, to be reviewed";
  expect(committed, hint).toBe(publicFace(emittedUnder(folder)));
});

const EMITTED = {
  "src/index.d.ts": 'export { type Lease, open } from "./worker/index.ts";\n',
  "src/worker/index.d.ts": 'export * from "./lease.ts";\nexport { openLease as open, close } from "./open.ts";\n',
  "src/worker/lease.d.ts": [
    "/** A Secret that no code names. */",
    "export interface Lease {",
    "    /** Not a Note. */",
    "    readonly epoch: Epoch;",
    "    readonly Note: string;",
    "}",
    "type Epoch = number;",
    "interface Note {",
    "}",
    "interface Secret {",
    "}",
    "export {};",
  ].join("\n"),
  "src/worker/open.d.ts": [
    'import type { Sql, Unused } from "postgres";',
    'import { type Lease as Held } from "./index.ts";',
    "export declare function openLease(sql: Sql): Promise<Held>;",
    'export declare function openLease(sql: Sql, by: import("./owner.ts").Owner): Promise<Held>;',
    "export declare const close: () => void;",
  ].join("\n"),
  "src/worker/owner.d.ts": 'export type Owner = "Owner" | "Other";\nexport type Other = string;\n',
};

const faceOf = (changed: Readonly<Record<string, string>> = {}): string =>
  publicFace(Object.entries({ ...EMITTED, ...changed }).map(([path, text]) => ({ path, text })));

test("the face is what the index exports and what that names, through every file, and no more", () => {
  const [, ...sections] = faceOf().split("\n## ");

  expect(sections).toEqual([
    'src/index.ts\n\n```ts\nexport {\n    type Lease,\n    open,\n} from "./worker/index.ts";\n```\n',
    "src/worker/lease.ts\n\n```ts\nexport interface Lease {\n    readonly epoch: Epoch;\n    readonly Note: string;\n}\ntype Epoch = number;\n```\n",
    [
      "src/worker/open.ts\n\n```ts",
      'import type { Sql, Unused } from "postgres";',
      "export declare function openLease(sql: Sql): Promise<Held>;",
      'export declare function openLease(sql: Sql, by: import("./owner.ts").Owner): Promise<Held>;',
      "```\n",
    ].join("\n"),
    'src/worker/owner.ts\n\n```ts\nexport type Owner = "Owner" | "Other";\n```\n',
  ]);
});

test("a type changed behind the face changes the face; a comment and what the face does not name do not", () => {
  const lease = EMITTED["src/worker/lease.d.ts"];

  expect(faceOf({ "src/worker/lease.d.ts": lease.replace("Epoch = number", "Epoch = bigint") })).not.toBe(faceOf());
  expect(faceOf({ "src/worker/lease.d.ts": lease.replace("Not a Note", "The fencing number") })).toBe(faceOf());
  expect(faceOf({ "src/worker/lease.d.ts": lease.replace("interface Secret", "interface Hidden") })).toBe(faceOf());
});

test("a statement of unknown form and a name that leads nowhere stop the printing", () => {
  expect(() => faceOf({ "src/worker/owner.d.ts": "export default Owner;" })).toThrow("of a known form");
  expect(() =>
    faceOf({ "src/worker/owner.d.ts": "", "src/worker/index.d.ts": 'export { Lease } from "./lease.ts";' }),
  ).toThrow("is declared there: open");
});
