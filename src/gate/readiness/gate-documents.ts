import { z } from "zod";
import {
  accepted,
  type Instant,
  instant,
  isJsonObject,
  issueText,
  type Json,
  type JsonObject,
  parseInstant,
  parseJson,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import { type EvidenceFile, onlyText } from "../derivation.ts";
import { parseHistory, type SloEntry, until } from "../slo/repeated-breach.ts";

const text = z.string().min(1);

const context = z.looseObject({
  event: z.enum(["push", "pull_request", "schedule", "manual", "preview", "promotion", "rollback"]),
  branch: text,
  is_release_branch: z.boolean(),
  commit: text,
  registry_ref: text,
  target_environment: z.enum(["preview", "dev", "staging", "prod"]).optional(),
  run_id: text,
  run_url: z.string(),
});

const DOCUMENT = z.looseObject({
  /** Where it stands here, the instant that is decided for. */
  evaluated_at: text.optional(),
  context,
  /** The profile that the pipeline means to be judged by, where it says so. */
  profile: text.optional(),
  policy: z.looseObject({ digest: text.nullable(), approved_digest: text.nullable() }),
  use_cases: z
    .record(z.string(), z.looseObject({ evidence: z.array(z.looseObject({ id: text, digest: text })) }))
    .nullable()
    .default(null),
  change_freeze: z.looseObject({ active: z.boolean(), reason: z.string().optional() }).default({ active: false }),
  /** Systems whose lineage has to be there. */
  external_lineage: z.array(text).default([]),
});

export type Candidate = z.infer<typeof context>;
export type GateContext = z.infer<typeof DOCUMENT>;

/** Everything that is offered to the gate, as it came. */
export interface GateDocuments {
  readonly context: GateContext;
  /** Why the context is a stand-in; null where it is as it was given. */
  readonly contextProblem: string | null;
  /** Null where it is missing or no object. */
  readonly jobs: JsonObject | null;
  readonly history: readonly SloEntry[] | null;
  /** Texts of reports, by id. */
  readonly reports: ReadonlyMap<string, string>;
}

/** Judged by where the context cannot be read: a release of nobody knows what, so that the rest still is decided. */
const NOBODY: GateContext = {
  context: {
    event: "push",
    branch: "unknown",
    is_release_branch: true,
    commit: "unknown",
    registry_ref: "unknown",
    run_id: "unknown",
    run_url: "",
  },
  policy: { digest: null, approved_digest: null },
  use_cases: null,
  change_freeze: { active: false },
  external_lineage: [],
};

export const CONTEXT_FILE = "context.json";

/**
 * Reads a folder's files: `context.json`, `jobs.json`, `slo_history.json`, and reports by id, such as `R01.json`. The context may
 * bring the others itself, as members `jobs`, `slo_history` and `reports`.
 */
export function readGateDocuments(files: readonly EvidenceFile[], decidedAt: Instant): GateDocuments {
  const textOf = (name: string) => onlyText(files, name);
  const whole = objectIn(textOf(CONTEXT_FILE));
  const parsed = DOCUMENT.safeParse(whole);
  const problem =
    twiceProblem(files) ??
    (parsed.success ? timeProblem(parsed.data, decidedAt) : issueText(parsed.error, "the document"));
  const jobs = textOf("jobs.json");
  const history = textOf("slo_history.json");
  const past = parseHistory(history === undefined ? whole?.slo_history : jsonIn(history));
  return {
    context: parsed.success ? parsed.data : NOBODY,
    contextProblem: problem,
    jobs: jobs === undefined ? objectOr(whole?.jobs) : objectIn(jobs),
    history: past === undefined ? null : until(past, decidedAt),
    reports: new Map([...inlineReports(whole?.reports), ...fileReports(files)]),
  };
}

/**
 * What a folder says of a release, for reports that are made about it. Refused with GATE_EVIDENCE_MISSING where its context cannot be
 * read: nobody could say what such a report is about.
 *
 * @param at null where it is not asked whether the context was evaluated for that instant
 */
export function readReleaseFolder(files: readonly EvidenceFile[], at: Instant | null): Result<GateDocuments> {
  const whole = objectIn(onlyText(files, CONTEXT_FILE));
  const evaluatedAt = parseInstant(typeof whole?.evaluated_at === "string" ? whole.evaluated_at : "");
  const documents = readGateDocuments(files, at ?? evaluatedAt ?? EPOCH);
  return documents.contextProblem === null
    ? accepted(documents)
    : rejected({ code: "GATE_EVIDENCE_MISSING", message: `${CONTEXT_FILE}: ${documents.contextProblem}` });
}

const EPOCH = instant(0);

const jsonIn = (source: string | undefined): Json | undefined => {
  const parsed = parseJson(source ?? "");
  return parsed.ok ? parsed.value : undefined;
};

const objectIn = (source: string | undefined): JsonObject | null => objectOr(jsonIn(source));
const objectOr = (value: Json | undefined): JsonObject | null =>
  value !== undefined && isJsonObject(value) ? value : null;

/** Two files of one name, which folders put together bring: which of them is meant nobody knows. */
function twiceProblem(files: readonly EvidenceFile[]): string | null {
  const twice = files.find(({ name }) => onlyText(files, name) === undefined);
  return twice === undefined ? null : `${twice.name} came twice, with different contents`;
}

const timeProblem = ({ evaluated_at }: GateContext, decidedAt: Instant): string | null =>
  evaluated_at === undefined || parseInstant(evaluated_at) === decidedAt
    ? null
    : `evaluated_at is ${evaluated_at}, which is not what is decided for`;

const inlineReports = (value: Json | undefined): readonly (readonly [string, string])[] =>
  Object.entries(objectOr(value) ?? {}).flatMap(([id, report]) =>
    isJsonObject(report) && typeof report.bytes === "string" ? [[id, report.bytes] as const] : [],
  );

const fileReports = (files: readonly EvidenceFile[]): readonly (readonly [string, string])[] =>
  files.flatMap(({ name }) => {
    const id = /^(R\d\d(?:-[a-z0-9_-]+)?)\.json$/.exec(name)?.[1];
    const source = onlyText(files, name);
    return id === undefined || source === undefined ? [] : [[id, source] as const];
  });
