import { z } from "zod";
import { digestOf, isJsonObject, type JsonObject, parseInstant, parseJson } from "../../contracts/index.ts";

const REPORT = z.looseObject({
  contract: z.literal("release_readiness_gate_v2"),
  generated_at: z.string().refine((text) => parseInstant(text) !== undefined, "is no instant"),
  decision: z.enum(["go", "conditional-go", "no-go"]),
  candidate: z.looseObject({ run_id: z.string(), event: z.string() }),
  summary: z.looseObject({
    waived: z.int().nonnegative(),
    critical_failures: z.int().nonnegative(),
    high_failures: z.int().nonnegative(),
  }),
  checks: z.array(z.looseObject({ check_id: z.string(), outcome: z.string() })),
  inputs: z.looseObject({ policy_profile: z.string().nullable(), reports: z.record(z.string(), z.json()) }),
  digest: z.string(),
});

/** A report of the release gate, as far as a claim looks at it. */
export type GateReport = z.infer<typeof REPORT>;

/** One whose digest is that of its contents; anything else is no report. */
export function reportIn(text: string): GateReport | undefined {
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return undefined;
  const { digest, ...document }: JsonObject = parsed.value;
  const read = REPORT.safeParse(parsed.value);
  return read.success && digest === `sha256:${digestOf(document)}` ? read.data : undefined;
}
