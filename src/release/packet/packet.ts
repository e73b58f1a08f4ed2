import { z } from "zod";
import {
  accepted,
  formatInstant,
  type Instant,
  instant,
  issueText,
  type Json,
  parseInstant,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import {
  DERIVATIONS,
  type Decision,
  type EvidenceFile,
  evaluateFiles,
  type FileEvaluation,
  parseDecision,
  parsePolicy,
  type WaiverInput,
} from "../../gate/index.ts";
import { type Lineage, readLineage, sha256 } from "../lineage/model.ts";

/** A decision with everything that it was made of: whoever has it can make it again, anywhere. */
export interface Packet {
  /** The policy as it was written. */
  readonly policy: string;
  readonly profile: string | null;
  readonly decidedAt: Instant;
  readonly evidence: readonly EvidenceFile[];
  readonly waivers: WaiverInput | null;
  readonly decision: Decision;
  /** What the decision came from, where it is about a bundle that the record knows. The decision does not rest on it. */
  readonly lineage?: Lineage;
}

const text = z.string();
const named = text.nullable();
const past = z.strictObject({ check_id: text, from: z.int().transform(instant), until: z.int().transform(instant) });
const shape = z.strictObject({
  schema: z.literal("countermark.packet.v1"),
  policy: text,
  profile: named,
  decided_at: text.transform((value, context): Instant => {
    const at = parseInstant(value);
    if (at !== undefined && formatInstant(at) === value) return at;
    context.addIssue("is no instant as packets say them");
    return z.NEVER;
  }),
  evidence: z.array(z.strictObject({ name: text, text })),
  waivers: z
    .strictObject({
      source: text,
      roster: z.record(text, z.array(text)),
      place: z.strictObject({ branch: named, environment: named, commit: named, bundle_digest: named }),
      history: z.array(past),
      unproved: z.array(z.strictObject({ waiver_id: text, approver: text, detail: text })).optional(),
    })
    .nullable(),
  decision: z.json(),
  lineage: z.json().optional(),
});

/** A packet as the document that is stored. */
export const packetJson = ({ policy, profile, decidedAt, evidence, waivers, decision, lineage }: Packet): string =>
  JSON.stringify({
    schema: "countermark.packet.v1",
    policy,
    profile,
    decided_at: formatInstant(decidedAt),
    evidence,
    waivers,
    decision,
    lineage,
  });

/** Reads what `packetJson` wrote. Refused with `PACKET_CORRUPT`, and with `DECISION_CORRUPT` where the decision in it is none. */
export function parsePacket(source: string): Result<Packet> {
  const value = jsonIn(source);
  const parsed = shape.safeParse(value);
  if (!parsed.success) return corrupt(value === undefined ? "it is no JSON" : issueText(parsed.error));
  const { policy, profile, decided_at, evidence, waivers } = parsed.data;
  const decision = parseDecision(parsed.data.decision);
  if (!decision.ok) return decision;
  const packet = { policy, profile, decidedAt: decided_at, evidence, waivers, decision: decision.value };
  return parsed.data.lineage === undefined ? accepted(packet) : withLineage(packet, parsed.data.lineage);
}

/** A lineage that a packet carries is one, and leads to the packet's decision. */
function withLineage(packet: Packet, value: Json): Result<Packet> {
  const lineage = readLineage(value);
  if (!lineage.ok) return corrupt(lineage.refusal.message);
  const digest = sha256(packet.decision.digest);
  const isAbout = lineage.value.lineage.nodes.some(({ report_digest }) => report_digest === digest);
  return isAbout ? accepted({ ...packet, lineage: lineage.value }) : corrupt("its lineage is another decision's");
}

function jsonIn(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const corrupt = (detail: string) =>
  rejected({ code: "PACKET_CORRUPT", message: `the packet cannot be read: ${detail}` });

/**
 * Makes a packet's decision again. Refused with `PACKET_CORRUPT` where it comes out otherwise, in a single byte: policy, evidence,
 * waivers or the decision are then not what they were. The digests tell, since each was taken over a whole decision.
 */
export function decideAgain(packet: Packet): Result<FileEvaluation> {
  const policy = parsePolicy(packet.policy);
  if (!policy.ok) return corrupt("the packet's policy is none");
  const { profile, decidedAt, evidence, waivers, decision } = packet;
  const again = evaluateFiles({ policy: policy.value, profile, files: evidence, decidedAt, waivers }, DERIVATIONS);
  if (!again.ok) return again;
  return again.value.decision.digest === decision.digest
    ? again
    : corrupt(`decided again, it comes to ${again.value.decision.digest}, and says ${decision.digest}`);
}
