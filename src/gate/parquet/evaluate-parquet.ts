import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import {
  accepted,
  assert,
  type Channel,
  type Digest,
  instant,
  parseDigest,
  type Result,
  rejected,
  sha256Hex,
} from "../../contracts/index.ts";
import { evaluateTable } from "../counted/evaluate-table.ts";
import type { Measured } from "../counted/measured.ts";
import { evaluate, type JudgingInput } from "../evaluate.ts";
import type { FileEvaluation } from "../evaluate-files.ts";
import { inOrder } from "../measure.ts";
import type { EvidenceHead, Unit } from "../unit.ts";
import { type Duck, type Found, openDuck } from "./duckdb.ts";
import { cellOf, type ParquetUnits, parquetUnits } from "./parquet-table.ts";
import { readUnits } from "./queries.ts";

/** A decision on Parquet files; what was measured for it, or null where it was made on rows. */
export interface ParquetEvaluation extends FileEvaluation {
  readonly measured: Measured | null;
}

/** Units that are read into memory where counting does not answer. */
export const PARQUET_ROWS_MAX = 500_000;

/**
 * Decides on units in Parquet files, one a row: `kind`, `id`, where wanted `at`, `channel`, `valid` and `rows`, and every cell as a
 * column of its own. They are counted by DuckDB; where counting does not answer, up to `PARQUET_ROWS_MAX` are read. What cannot be read
 * makes its source unreadable, which passes nothing. Refused: GATE_PARQUET_READER_MISSING, GATE_PARQUET_UNREADABLE where DuckDB itself
 * fails, GATE_EVIDENCE_MISSING for a policy that derives its units otherwise, GATE_NOT_COUNTABLE, and as `evaluate`.
 */
export async function evaluateParquet(
  asked: Omit<JudgingInput, "evidence">,
  paths: readonly string[],
): Promise<Result<ParquetEvaluation>> {
  const { fn } = asked.policy.text.derive;
  if (fn !== "units")
    return rejected({
      code: "GATE_EVIDENCE_MISSING",
      message: `the policy derives by \`${fn}\`, which reads no Parquet`,
    });
  const opened = await openDuck();
  if (!opened.ok) return opened;
  const duck = opened.value;
  try {
    const sorted = paths.toSorted((a, b) => inOrder(basename(a), basename(b)) || inOrder(a, b));
    const [digest, units] = await Promise.all([digestOfFiles(sorted), parquetUnits(duck, sorted, declaredIn(asked))]);
    return units.ok ? await decided(asked, duck, units.value, digest) : units;
  } finally {
    duck.close();
  }
}

const declaredIn = ({ policy }: Pick<JudgingInput, "policy">): readonly string[] => [
  ...new Set(Object.values(policy.text.rows).flatMap((columns) => Object.keys(columns))),
];

async function decided(
  asked: Omit<JudgingInput, "evidence">,
  duck: Duck,
  units: ParquetUnits,
  digest: Digest,
): Promise<Result<ParquetEvaluation>> {
  const head: EvidenceHead = { digest, sources: units.sources, facts: {} };
  const counted = await evaluateTable(asked, units.table, () => head);
  if (counted.ok) {
    const { decision, measured } = counted.value;
    return accepted({ decision, measured, measurements: new Map(), evidence: { ...head, units: {} } });
  }
  if (counted.refusal.code !== "GATE_NOT_COUNTABLE") return counted;
  const rows = await unitsIn(duck, units);
  if (rows === null) return counted;
  const evidence = { ...head, units: rows };
  const evaluated = evaluate({ ...asked, evidence });
  return evaluated.ok ? accepted({ ...evaluated.value, evidence, measured: null }) : evaluated;
}

/** All units by kind; null where there are more than are read. */
async function unitsIn(
  duck: Duck,
  { table, cells }: ParquetUnits,
): Promise<{ readonly [kind: string]: readonly Unit[] } | null> {
  const kinds = Object.keys(table.facts);
  let all = 0;
  for (const kind of kinds) all += (await table.counts(kind, [])).units;
  if (all > PARQUET_ROWS_MAX) return null;
  if (all === 0) return {};
  const names = [...cells.keys()];
  const read = await duck.ask(readUnits(names));
  if (!read.ok) return null;
  const units = Object.fromEntries(kinds.map((kind): [string, Unit[]] => [kind, []]));
  for (const [kind, ...rest] of read.value) units[String(kind)]?.push(unitOf(rest, names));
  return units;
}

function unitOf(
  [id = null, at = null, channel = null, valid = null, rows = null, ...cells]: readonly Found[],
  names: readonly string[],
): Unit {
  const named = Array.isArray(rows) ? rows.map(String) : [];
  return {
    id: String(id),
    at: at === null ? null : instant(Math.floor(Number(at) / 1000)),
    channel: CHANNELS.find((one) => one === channel) ?? null,
    rows: named.length === 0 ? [String(id)] : named,
    isValid: valid === true,
    columns: Object.fromEntries(names.map((name, index) => [name, cellOf(cells[index] ?? null)])),
  };
}

const CHANNELS: readonly Channel[] = ["prod_traffic", "controlled_fixture", "ci"];

/** Of the bytes of all files, and of what they are called. */
async function digestOfFiles(paths: readonly string[]): Promise<Digest> {
  const digests = await Promise.all(paths.map(digestOfFile));
  return sha256Hex(digests.map((digest, index) => `${digest} ${basename(paths[index] ?? "")}`).join("\n"));
}

/** Bytes that are read at once. */
const CHUNK_BYTES = 1_048_576;

async function digestOfFile(path: string): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) hash.update(chunk);
  const digest = parseDigest(hash.digest("hex"));
  assert(digest !== undefined, "a SHA-256 is one");
  return digest;
}
