import { z } from "zod";
import {
  type Digest,
  digestOf,
  type Instant,
  isJsonObject,
  type Json,
  type JsonObject,
  parseInstant,
  parseJson,
} from "../../contracts/index.ts";
import { LINEAGE, type ReportKind } from "./catalogue.ts";
import type { GateContext } from "./gate-documents.ts";
import { type ReportStatus, reportStatus } from "./report-status.ts";

/** Why a report cannot be used. */
export type LoadError =
  | "MISSING"
  | "INVALID_JSON"
  | "INVALID_SHAPE"
  | "CONTRACT_MISMATCH"
  | "SCHEMA_MISMATCH"
  | "DIGEST_MISMATCH"
  | "IMPORTED"
  | "STALE_SUBJECT"
  | "TOO_OLD"
  | "INCOMPLETE";

/** A report that was read and is what it says. */
export interface Report {
  readonly kind: ReportKind;
  readonly status: ReportStatus;
  readonly digest: Digest;
  readonly generatedAt: Instant;
  readonly job: string | null;
  /** Everything that stands in it. */
  readonly body: JsonObject;
}

export type LoadedReport =
  | { readonly ok: true; readonly report: Report }
  | { readonly ok: false; readonly kind: ReportKind; readonly error: LoadError };

/** What a report is read for. */
export interface LoadSetting {
  readonly context: GateContext;
  readonly decidedAt: Instant;
  /** Hours; null where age does not matter. */
  readonly hoursMax: number | null;
  readonly takesImported: boolean;
}

const text = z.string().min(1);

const ENVELOPE = z.looseObject({
  contract: z.string(),
  schema_version: z.string(),
  generated_at: text,
  subject: z.looseObject({ commit: text, registry_ref: text, policy_digest: text }),
  producer: z.looseObject({ job_id: text }),
  completeness: z.looseObject({ expected: z.int().nonnegative(), executed: z.int().nonnegative() }),
  digest: text,
});

/** A lineage is a document of its own: it is made by one job, names its candidate, and counts its own checks. */
const LINEAGE_ENVELOPE = z.looseObject({
  ...ENVELOPE.shape,
  producer: ENVELOPE.shape.producer.optional(),
  completeness: ENVELOPE.shape.completeness.optional(),
});

/** Reads a report; the first reason not to use it, in the order of `LoadError`. */
export function loadReport(kind: ReportKind, source: string | undefined, setting: LoadSetting): LoadedReport {
  const broken = (error: LoadError): LoadedReport => ({ ok: false, kind, error });
  if (source === undefined) return broken("MISSING");
  const parsed = parseJson(source);
  if (!parsed.ok) return broken("INVALID_JSON");
  const shaped = shapeOf(kind, parsed.value);
  if (shaped === undefined) return broken("INVALID_SHAPE");
  const error = errorOf(kind, shaped, setting);
  if (error !== null) return broken(error);
  const { body, generatedAt, envelope } = shaped;
  const status = reportStatus("status" in body ? body.status : body.slo_status);
  const job = envelope.producer?.job_id ?? null;
  return { ok: true, report: { kind, status, digest: digestOf(withoutDigest(body)), generatedAt, job, body } };
}

interface Shaped {
  readonly body: JsonObject;
  readonly envelope: z.infer<typeof ENVELOPE> | z.infer<typeof LINEAGE_ENVELOPE>;
  readonly generatedAt: Instant;
}

function shapeOf(kind: ReportKind, value: Json): Shaped | undefined {
  if (!isJsonObject(value)) return undefined;
  const isLineage = kind.id === LINEAGE.id;
  const body = isLineage && !("subject" in value) ? { ...value, subject: value.candidate ?? null } : value;
  const parsed = (isLineage ? LINEAGE_ENVELOPE : ENVELOPE).safeParse(body);
  const generatedAt = parsed.success ? parseInstant(parsed.data.generated_at) : undefined;
  return parsed.success && generatedAt !== undefined ? { body: value, envelope: parsed.data, generatedAt } : undefined;
}

function errorOf(kind: ReportKind, { body, envelope, generatedAt }: Shaped, setting: LoadSetting): LoadError | null {
  const { context, decidedAt, hoursMax, takesImported } = setting;
  if (envelope.contract !== kind.contract) return "CONTRACT_MISMATCH";
  if (!/^\d+\.\d+$/.test(envelope.schema_version)) return "SCHEMA_MISMATCH";
  if (envelope.digest !== `sha256:${digestOf(withoutDigest(body))}`) return "DIGEST_MISMATCH";
  if (body.imported === true && !takesImported) return "IMPORTED";
  const { commit, registry_ref, policy_digest } = envelope.subject;
  const isOfCandidate =
    commit === context.context.commit &&
    registry_ref === context.context.registry_ref &&
    policy_digest === context.policy.digest;
  if (!isOfCandidate) return "STALE_SUBJECT";
  const ageMs = decidedAt - generatedAt;
  if (ageMs < 0 || (hoursMax !== null && ageMs > hoursMax * HOUR_MS)) return "TOO_OLD";
  const { expected = 1, executed = 1 } = envelope.completeness ?? {};
  return expected === 0 || executed < expected ? "INCOMPLETE" : null;
}

const HOUR_MS = 3_600_000;

const withoutDigest = ({ digest: _, ...rest }: JsonObject): JsonObject => rest;
