import { after, digestOf, type Instant, type JsonObject } from "../../../contracts/index.ts";
import { type Row, rowOf } from "../evidence/row.ts";
import { SOURCES } from "../evidence/vocabulary.ts";
import { rowsHashOf } from "../integrity/declared.ts";
import { CUTOFF, WINDOW_END, WINDOW_START, written } from "./clock.ts";
import { RUN } from "./rows.ts";

/** Evidence before its manifest is written. */
export interface Bundle {
  readonly rows: readonly JsonObject[];
  /** What cases of the registered run declare. */
  readonly cases: { readonly [fixtureCaseId: string]: readonly string[] };
  /** Spans in which a source was not seen alive. */
  readonly gaps?: { readonly [source: string]: readonly [from: Instant, to: Instant] };
  /** Members of the manifest that are different; its hash is taken over them. */
  readonly manifest?: JsonObject;
  /** Members that are changed after the hash was taken. */
  readonly tampered?: JsonObject;
}

/** Rows as they were read once: cases share most of theirs. */
const known = new WeakMap<JsonObject, Row>();

/** The rows of a bundle as they are read from its file. */
export function rowsIn({ rows }: Bundle): readonly Row[] {
  const read = rows.map((value) => {
    const row = known.get(value) ?? rowOf(value);
    known.set(value, row);
    return row;
  });
  return [...new Map(read.map((row) => [row.text, row])).values()];
}

/** The rows of a bundle as they are delivered. */
export const rowsText = ({ rows }: Bundle): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** The manifest of a bundle as it is delivered. */
export function manifestText(bundle: Bundle): string {
  const manifest: JsonObject = { ...manifestOf(bundle), ...bundle.manifest };
  return JSON.stringify({ ...manifest, bundleHash: digestOf(manifest), ...bundle.tampered });
}

function manifestOf(bundle: Bundle): JsonObject {
  const rows = rowsIn(bundle);
  const from = after(WINDOW_START, -1);
  return {
    bundleId: "bundle-1",
    windowStart: written(WINDOW_START),
    windowEnd: written(WINDOW_END),
    cutoff: written(CUTOFF),
    corpusVersion: "1",
    adapterVersion: "1",
    timers: { pendingSeconds: 3600, approvalTtlSeconds: 900, ackSeconds: 30, recoverySeconds: 600 },
    sources: SOURCES.map((source) => {
      const own = rows.filter((row) => row.source === source);
      const gap = bundle.gaps?.[source];
      const spans =
        gap === undefined
          ? [[from, CUTOFF] as const]
          : ([
              [from, gap[0]],
              [gap[1], CUTOFF],
            ] as const);
      const coverage = spans.map(([start, end]) => ({ from: written(start), to: written(end) }));
      return { source, rowCount: own.length, rowsHash: rowsHashOf(own), coverage };
    }),
    fixtureRuns: [
      {
        fixtureRunId: RUN,
        from: written(WINDOW_START),
        to: written(CUTOFF),
        cases: Object.entries(bundle.cases).map(([fixtureCaseId, expectedOutcomes]) => ({
          fixtureCaseId,
          expectedOutcomes,
        })),
      },
    ],
  };
}
