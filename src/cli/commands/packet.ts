import { resolve } from "node:path";
import { accepted, type Refusal, type Result, rejected } from "../../contracts/index.ts";
import { type Decision, type FileEvaluation, parsePolicy } from "../../gate/index.ts";
import {
  decideAgain,
  documentIn,
  type Packet,
  packetJson,
  packetPage,
  parsePacket,
  untrustedIn,
} from "../../release/index.ts";
import type { Arguments, Command, Context, Option } from "../command.ts";
import { askedFor, EVALUATION_OPTIONS, exitOf, judgedOn, keptWith, POLICY } from "../evaluation.ts";
import { textOf } from "../evidence.ts";
import { EXIT } from "../exit-code.ts";
import { decisionLines } from "../gate-lines.ts";
import { note, type Paint, print } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { readTrust } from "../trust-file.ts";
import { writeText } from "../write-files.ts";

const PACKET = { name: "PACKET", summary: "a packet's file, as `packet build` writes it" } as const;

export const packetBuildCommand: Command = {
  operands: [POLICY],
  options: [
    ...EVALUATION_OPTIONS,
    {
      flags: "--out <file>",
      summary: "where to write it: a page that any browser shows, with everything inside",
      required: true,
    },
  ],
  examples: [
    "countermark packet build gates.yaml --evidence runs.ndjson --at 2026-03-09T02:00:00Z --out release-17.html",
  ],
  run: async (context, args) => {
    const asked = await askedFor(context, args);
    if (typeof asked === "number") return asked;
    const [kept, evaluation] = [keptWith(asked), judgedOn(asked)];
    if (!kept.ok) return reportRefusal(talkOf(context), kept.refusal);
    if (!evaluation.ok) return reportRefusal(talkOf(context), evaluation.refusal);
    const { decision } = evaluation.value;
    const { policy, profile, decidedAt, files, waivers } = kept.value;
    const document = packetJson({ policy: asked.source, profile, decidedAt, evidence: files, waivers, decision });
    await writeText(context, args.value("out") ?? "", packetPage(decision, document));
    printDecision(context, decision, []);
    return exitOf(policy, decision);
  },
};

/** A roster is looked at only where one is named: a packet is decided again by anybody. */
const TRUST: Option = {
  flags: "--trust <file>",
  summary: "verify who approved the waivers that it rests on, by this roster of trusted keys; 8 if one is not trusted",
};

export const decideCommand: Command = {
  operands: [PACKET],
  options: [TRUST],
  examples: [
    "countermark decide release-17.html",
    "countermark decide release-17.html --trust trust.json --json | jq .verdict",
  ],
  run: async (context, args) => {
    const again = await againFrom(context, args);
    if (!again.ok) return reportRefusal(talkOf(context), again.refusal);
    const { packet, evaluation, isShown } = again.value;
    if (!isShown) note(context, `${ANOTHER_PAGE}: what follows is what the packet says`);
    printDecision(context, evaluation.decision, [SAME]);
    const policy = parsePolicy(packet.policy);
    return policy.ok ? exitOf(policy.value, evaluation.decision) : EXIT.internal;
  },
};

export const packetVerifyCommand: Command = {
  operands: [PACKET],
  options: [TRUST],
  examples: [
    "countermark packet verify release-17.html",
    "countermark packet verify release-17.html --trust trust.json",
  ],
  run: async (context, args) => {
    const again = await againFrom(context, args);
    if (!again.ok) return reportRefusal(talkOf(context), again.refusal);
    if (!again.value.isShown) return reportRefusal(talkOf(context), { code: "PACKET_CORRUPT", message: ANOTHER_PAGE });
    const { verdict, digest } = again.value.evaluation.decision;
    print(context, { verified: true, verdict, digest }, (paint) => [
      `${paint.green("verified")}  ${SAME}: ${verdict}`,
      paint.dim(digest),
    ]);
    return EXIT.done;
  },
};

const SAME = "decided again from policy and evidence, it comes to the same byte for byte";

const ANOTHER_PAGE = "this packet or the page around it was altered, or written by another version";

interface Again {
  readonly packet: Packet;
  /** What its decision comes to now. */
  readonly evaluation: FileEvaluation;
  /** Whether packet and page are written as this version writes them, to the byte. */
  readonly isShown: boolean;
}

/**
 * A packet, decided again. Refused as files and rosters are, `PACKET_CORRUPT`, `DECISION_CORRUPT`, and where a
 * waiver is not approved by whom the roster trusts.
 */
async function againFrom(context: Context, args: Arguments): Promise<Result<Again>> {
  const source = await textOf(resolve(context.cwd, args.operand("PACKET")));
  if (!source.ok) return source;
  const document = documentIn(source.value);
  if (!document.ok) return document;
  const packet = parsePacket(document.value);
  if (!packet.ok) return packet;
  const evaluation = decideAgain(packet.value);
  if (!evaluation.ok) return evaluation;
  const untrusted = await untrustedBy(context, args.value("trust"), packet.value);
  if (untrusted !== null) return rejected(untrusted);
  const { decision, lineage } = packet.value;
  const written = JSON.stringify(JSON.parse(document.value));
  const isShown = [written, packetPage(decision, written, lineage)].includes(source.value);
  return accepted({ packet: packet.value, evaluation: evaluation.value, isShown });
}

/** Null without a roster, and where it trusts every approval. */
async function untrustedBy(context: Context, given: string | undefined, packet: Packet): Promise<Refusal | null> {
  if (given === undefined) return null;
  const roster = await readTrust(context, given);
  return roster.ok ? untrustedIn(packet, { roster: roster.value, at: context.host.clock.now() }) : roster.refusal;
}

const printDecision = (context: Context, decision: Decision, notes: readonly string[]): void =>
  print(context, decision, (paint: Paint) => [
    ...decisionLines(decision, paint),
    ...notes.map((line) => paint.dim(line)),
  ]);
