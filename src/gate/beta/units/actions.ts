import { z } from "zod";
import type { Unit } from "../../unit.ts";
import type { ActionGraph, DeclaredAction } from "../evidence/heavy-payload.ts";
import type { Row } from "../evidence/row.ts";
import { word } from "../evidence/vocabulary.ts";
import type { SignoffWindow } from "../evidence/window.ts";
import { groupBy } from "../integrity/finding.ts";
import { heavySessions } from "./attempts.ts";
import { importsWithin } from "./corpus.ts";
import { isFixture, triggerOf, unitOf, within } from "./fold.ts";

const isSet = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** What an action has to declare itself. A reader's default is no declaration; `undoCommand: null` is one. */
const completeAction = z.object({
  calls: z.array(word).min(1),
  mutates: z.array(word).refine(isSet),
  requiresApproval: z.union([
    z.boolean(),
    z.object({ reason: word, level: z.enum(["soft", "hard"]), approver: word.optional() }),
  ]),
  undoCommand: word.nullable(),
  surface: z
    .array(z.enum(["toolbar", "panel", "commandPalette", "automation", "background"]))
    .min(1)
    .refine(isSet),
});

const isComplete = (action: DeclaredAction): boolean => completeAction.safeParse(action).success;

interface Observed {
  readonly row: Row;
  readonly graph: ActionGraph;
}

interface Observation {
  readonly row: Row;
  readonly key: string;
  readonly action: DeclaredAction;
}

/** Actions of modules that people used or that the corpus holds; complete where each observation of one is. */
export const actions = (valid: readonly Row[], window: SignoffWindow): readonly Unit[] =>
  [...groupBy(observationsOf(valid, window), ({ key }) => key)].map(([key, seen]) =>
    unitOf(
      key,
      seen.map(({ row }) => row),
      { complete: seen.every(({ action }) => isComplete(action)) },
    ),
  );

export const actionTriggers = (valid: readonly Row[], window: SignoffWindow): readonly Unit[] =>
  [...groupBy(observationsOf(valid, window), ({ key }) => key)].flatMap(([key, seen]) => {
    const rows = seen.filter(({ action }) => !isComplete(action)).map(({ row }) => row);
    return rows.length === 0 ? [] : [triggerOf("H-KPI-3", "incomplete_action", { subject: key, rows })];
  });

function observationsOf(valid: readonly Row[], window: SignoffWindow): readonly Observation[] {
  const graphs = within(valid, window).flatMap((row) =>
    row.payload?.type === "graph" ? [{ row, graph: row.payload.graph }] : [],
  );
  const modules = corpusModules(graphs, valid, window);
  return graphs
    .filter(({ graph }) => modules.has(moduleKey(graph)))
    .flatMap(({ row, graph }) =>
      graph.actions.map((action) => ({ row, action, key: `${moduleKey(graph)} ${action.id}` })),
    );
}

/** Modules seen or imported in a counted session, or under a case of the valid corpus. */
function corpusModules(graphs: readonly Observed[], valid: readonly Row[], window: SignoffWindow): ReadonlySet<string> {
  const imports = importsWithin(valid, window);
  const sessions = new Set(heavySessions(valid, window).map(({ id }) => id));
  const cases = new Set(
    imports
      .filter(({ row, result }) => isFixture(row) && result.corpusLabel === "valid")
      .map(({ row }) => row.fixtureCaseId),
  );
  const isCounted = ({ heavySessionId, fixtureCaseId }: Row): boolean =>
    (heavySessionId !== null && sessions.has(heavySessionId)) || (fixtureCaseId !== null && cases.has(fixtureCaseId));
  const seen = graphs.filter(({ row }) => isCounted(row)).map(({ graph }) => moduleKey(graph));
  const imported = imports
    .filter(({ row }) => isCounted(row))
    .flatMap(({ result: { envelope } }) => (envelope.ok ? [moduleKey(envelope)] : []));
  return new Set([...seen, ...imported]);
}

const moduleKey = ({ moduleId, moduleVersion }: { readonly moduleId: string; readonly moduleVersion: string }) =>
  `${moduleId} ${moduleVersion}`;
