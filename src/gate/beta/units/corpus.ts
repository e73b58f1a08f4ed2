import type { Unit } from "../../unit.ts";
import type { ImportResult } from "../evidence/heavy-payload.ts";
import type { Row } from "../evidence/row.ts";
import type { SignoffWindow } from "../evidence/window.ts";
import { groupBy } from "../integrity/finding.ts";
import { isFixture, triggerOf, unitOf, within } from "./fold.ts";

export interface Imported {
  readonly row: Row;
  readonly result: ImportResult;
}

export const importsWithin = (valid: readonly Row[], window: SignoffWindow): readonly Imported[] =>
  within(valid, window).flatMap((row) => (row.payload?.type === "import" ? [{ row, result: row.payload.result }] : []));

const labelled = (imports: readonly Imported[], label: ImportResult["corpusLabel"]): readonly Imported[] =>
  imports.filter(({ row, result }) => isFixture(row) && result.corpusLabel === label);

/** Imports of packages that have to be imported. */
export const validImports = (valid: readonly Row[], window: SignoffWindow): readonly Unit[] =>
  labelled(importsWithin(valid, window), "valid").map(({ row, result }) =>
    unitOf(row.rowId, [row], { imported: result.envelope.ok }),
  );

/** Packages that have to be refused, each time alike. */
export const invalidFixtures = (valid: readonly Row[], window: SignoffWindow): readonly Unit[] =>
  [...fixturesOf(importsWithin(valid, window))].map(([key, runs]) =>
    unitOf(
      key,
      runs.map(({ row }) => row),
      { runs: runs.length, stable: isStable(runs) },
    ),
  );

const fixturesOf = (imports: readonly Imported[]): ReadonlyMap<string, readonly Imported[]> =>
  groupBy(labelled(imports, "invalid"), ({ row, result }) =>
    row.fixtureCaseId === null ? null : `${row.fixtureCaseId} ${result.inputHash}`,
  );

const isStable = (runs: readonly Imported[]): boolean =>
  runs.every(({ result }) => !result.envelope.ok) && new Set(runs.map(verdictOf)).size === 1;

/** What a refusal is known by; its message is for people. */
function verdictOf({ result: { envelope } }: Imported): string {
  if (envelope.ok) return "";
  return JSON.stringify([envelope.code, envelope.path, envelope.detail?.manifestCode ?? null]);
}

export function corpusTriggers(valid: readonly Row[], window: SignoffWindow): readonly Unit[] {
  const imports = importsWithin(valid, window);
  const failing = labelled(imports, "valid").filter(({ result }) => !result.envelope.ok);
  const succeeding = labelled(imports, "invalid").filter(({ result }) => result.envelope.ok);
  const drifting = [...fixturesOf(imports)].filter(([, runs]) => new Set(runs.map(verdictOf)).size > 1);
  return [
    ...failing.map(({ row }) => triggerOf("H-KPI-1", "import_failed", { subject: row.rowId, rows: [row] })),
    ...succeeding.map(({ row }) => triggerOf("H-KPI-2", "imported", { subject: row.rowId, rows: [row] })),
    ...drifting.map(([key, runs]) => triggerOf("H-KPI-2", "drift", { subject: key, rows: runs.map(({ row }) => row) })),
  ];
}
