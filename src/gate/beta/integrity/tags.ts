import type { Row } from "../evidence/row.ts";
import type { Kind } from "../evidence/vocabulary.ts";
import { type Finding, hit } from "./finding.ts";

/** IF-1: a required tag is missing, empty or outside its enum. */
export const wrongTags = (rows: readonly Row[]): readonly Finding[] =>
  rows.flatMap((row) => {
    const names = [...new Set([...row.malformed, ...lacking(row)])].sort();
    return names.length === 0 ? [] : [hit("IF-1", `missing, empty or not allowed: ${names.join(", ")}`)(row)];
  });

const lacking = (row: Row): readonly string[] => [
  ...absent({ source: row.source, kind: row.kind, track: row.track, evidenceChannel: row.channel }),
  ...modeTags(row),
  ...fixtureTags(row),
  ...kindTags(row),
];

const absent = (tags: { readonly [name: string]: string | null }): readonly string[] =>
  Object.entries(tags).flatMap(([name, value]) => (value === null ? [name] : []));

/** Whether an import is one of the corpus; undefined where the payload does not say. */
export function isOfCorpus({ kind, payload }: Row): boolean | undefined {
  if (kind !== "import_result") return false;
  return payload?.type === "import" ? payload.result.corpusLabel !== "none" : undefined;
}

/** An import of the corpus is heavy and has no mode; whatever else happened, happened in one. */
function modeTags(row: Row): readonly string[] {
  const corpus = isOfCorpus(row);
  if (corpus === undefined) return [];
  if (corpus) return [...(row.mode === null ? [] : ["mode"]), ...(row.track === "light" ? ["track"] : [])];
  const isHeavyProduction = row.channel === "prod_traffic" && row.mode === "heavy";
  return [...absent({ mode: row.mode }), ...(isHeavyProduction ? absent({ heavySessionId: row.heavySessionId }) : [])];
}

function fixtureTags({ channel, fixtureRunId, fixtureCaseId, expectedOutcome }: Row): readonly string[] {
  return channel === "controlled_fixture" ? absent({ fixtureRunId, fixtureCaseId, expectedOutcome }) : [];
}

const KEYED: ReadonlySet<Kind | null> = new Set<Kind>([
  "light_dryrun",
  "light_diff",
  "tx_transition",
  "apply_attempt",
  "rollback",
]);

function kindTags(row: Row): readonly string[] {
  const { kind, eventKey, eventClass, drillId, payload, channel, expectedOutcome, fixtureCaseId } = row;
  const isInTransaction = payload?.type === "capability" && payload.event.transactionId !== null;
  const isKeyed = KEYED.has(kind) || (kind === "capability_audit" && isInTransaction);
  const isMistaken =
    kind === "policy_violation" && channel === "controlled_fixture" && expectedOutcome !== "policy_violation_expected";
  return [
    ...(isKeyed ? absent({ eventKey }) : []),
    ...(kind === "rollback" ? absent({ eventClass }) : []),
    ...(kind === "rollback" && eventClass === "planned_drill" ? absent({ drillId }) : []),
    ...(isOfCorpus(row) === true ? absent({ fixtureCaseId }) : []),
    ...(isMistaken ? ["expectedOutcome"] : []),
  ];
}
