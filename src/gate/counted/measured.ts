import { z } from "zod";
import {
  accepted,
  type Digest,
  issueText,
  type Json,
  parseDigest,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import type { Decision } from "../decision.ts";
import { decide, type JudgingInput, layOut } from "../evaluate.ts";
import { digestOfTexts } from "../long-text.ts";
import {
  type Blamed,
  FAILING_ROWS_MAX,
  type FailingRows,
  type Measurement,
  type Measures,
  NOTHING,
  REASONS_MAX,
} from "../measurement.ts";
import type { Policy } from "../policy.ts";
import { parseRational, type Rational } from "../rational.ts";
import type { CountedLedger, EvidenceHead } from "../unit.ts";

/** The name under which what was measured stands among a packet's evidence. */
export const MEASURED_FILE = "measured.json";

/**
 * What a table of units came to for one policy: integers, observed values and failing rows. A decision is made again from it, byte by
 * byte, without the table; and from the table it is measured again.
 */
export interface Measured {
  readonly evidence: EvidenceHead;
  readonly units: { readonly [kind: string]: number };
  readonly measurements: readonly Measurement[];
  /** By what was blamed. */
  readonly rows: { readonly [blamed: string]: FailingRows };
}

/** How a list of blamed units is called. */
export const nameOf = (blamed: readonly Blamed[]): string =>
  blamed.map(({ measurement, part }) => `${measurement.key}:${part}`).join(" ");

/** A decision, and which lists of failing rows it lacks that are not measured yet: as many as there are gates that fail. */
export interface MeasuredDecision {
  readonly decision: Decision;
  readonly lacking: readonly (readonly Blamed[])[];
}

/** Decides on what was measured. Refused as `evaluate` is, and with `PACKET_CORRUPT` where a metric was not. */
export function decideMeasured(input: Omit<JudgingInput, "evidence">, measured: Measured): Result<MeasuredDecision> {
  const judging = { ...input, evidence: measured.evidence };
  const layout = layOut(input, measured.evidence.facts);
  if (!layout.ok) return layout;
  const unmeasured = unmeasuredIn(input.policy, measured);
  if (unmeasured !== undefined)
    return rejected({ code: "PACKET_CORRUPT", message: `\`${unmeasured}\` is not among what was measured` });
  const lacking: (readonly Blamed[])[] = [];
  const whole = new Map(measured.measurements.map((one) => [one.key, one]));
  const measures: Measures = {
    units: measured.units,
    whole,
    forGate: () => NOTHING,
    each: () => new Map(),
    rows: (blamed) => {
      const rows = measured.rows[nameOf(blamed)];
      if (rows === undefined) lacking.push(blamed);
      return rows ?? { count: 0, rows: [] };
    },
  };
  return accepted({ decision: decide(judging, layout.value, measures), lacking });
}

/** A metric that was not measured, or not as the policy asks for it: apart for gates or values. */
function unmeasuredIn({ metrics, text }: Policy, { measurements }: Measured): string | undefined {
  if (text.derive.fn !== "units" || text.export !== "core") return text.id;
  const keys = new Set(measurements.map(({ key }) => key));
  const absent = [...metrics].find(([id, { text: metric }]) => !keys.has(id) || metric.by_gate !== undefined)?.[0];
  return absent ?? text.gates.find(({ each }) => each !== undefined)?.id;
}

const count = z.int().nonnegative();
const rational = z
  .string()
  .transform((text, context): Rational => {
    const value = parseRational(text);
    if (value !== undefined) return value;
    context.addIssue("is no fraction");
    return z.NEVER;
  })
  .nullable();
const digest = z.string().transform((text, context): Digest => {
  const parsed = parseDigest(text);
  if (parsed !== undefined) return parsed;
  context.addIssue("is no SHA-256 in lower case");
  return z.NEVER;
});
const text = z.string();
const shape = z.strictObject({
  schema: z.literal("countermark.measured.v1"),
  evidence: z.strictObject({
    digest,
    sources: z.record(text, z.strictObject({ state: z.enum(["complete", "incomplete", "unreadable"]), detail: text })),
    facts: z.record(text, z.number()),
    ledger: z
      .strictObject({
        since: text.nullable(),
        until: text,
        pack_digest: text.nullable(),
        marks: z.record(text, text),
      })
      .optional(),
  }),
  units: z.record(text, count),
  measurements: z.array(
    z.strictObject({
      key: text,
      value: rational,
      good: count,
      sample: count,
      problems: z.strictObject({ count, first: z.array(text).max(REASONS_MAX) }),
      told: z.array(text).max(REASONS_MAX),
      isApplicable: z.boolean(),
    }),
  ),
  rows: z.record(text, z.strictObject({ count, rows: z.array(text).max(FAILING_ROWS_MAX) })),
});

/** What was measured, as the document that a packet keeps. */
export const measuredJson = ({ evidence, units, measurements, rows }: Measured): string => {
  const [head, tail] = [{ schema: "countermark.measured.v1", evidence, units }, { rows }].map((part) =>
    JSON.stringify(part),
  );
  return `${head?.slice(0, -1)},"measurements":[${measurements.map(measurementJson).join(",")}],${tail?.slice(1)}`;
};

export const measurementJson = ({ value, key, good, sample, problems, told, isApplicable }: Measurement): string => {
  const fraction = value === null ? null : `${value.numerator}/${value.denominator}`;
  return JSON.stringify({ key, value: fraction, good, sample, problems, told, isApplicable });
};

/** What a ledger that was counted is evidence by: which of its units they were, and what counting came to. */
export const digestOfCounted = ({
  ledger,
  units,
  measurements,
}: Pick<Measured, "units" | "measurements"> & { readonly ledger: CountedLedger }): Digest =>
  digestOfTexts([JSON.stringify({ ledger, units }), ...measurements.map(measurementJson)]);

/** Reads what `measuredJson` wrote. Refused with `PACKET_CORRUPT`, also where its numbers are not those of its digest. */
export function parseMeasured(source: string): Result<Measured> {
  const parsed = shape.safeParse(jsonIn(source));
  if (parsed.success) return asDigested(parsed.data);
  const message = `\`${MEASURED_FILE}\` cannot be read: ${issueText(parsed.error)}`;
  return rejected({ code: "PACKET_CORRUPT", message });
}

function asDigested(measured: Measured): Result<Measured> {
  const { evidence, ...counted } = measured;
  return evidence.ledger === undefined || digestOfCounted({ ...counted, ledger: evidence.ledger }) === evidence.digest
    ? accepted(measured)
    : rejected({ code: "PACKET_CORRUPT", message: `\`${MEASURED_FILE}\` is not what its digest says` });
}

function jsonIn(source: string): Json | undefined {
  try {
    return JSON.parse(source);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
