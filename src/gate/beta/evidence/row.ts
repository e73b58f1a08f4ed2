import { z } from "zod";
import {
  canonicalText,
  digestOf,
  type Instant,
  isJsonObject,
  type JsonObject,
  parseJson,
  sha256Hex,
} from "../../../contracts/index.ts";
import { type Payload, readPayload } from "./payload.ts";
import { eventKeyOf } from "./transaction.ts";
import {
  EVENT_CLASSES,
  type EventClass,
  type ExpectedOutcome,
  eventKey,
  instantOf,
  KINDS,
  type Kind,
  OUTCOMES,
  SOURCES,
  type Source,
  type Track,
  track,
  word,
} from "./vocabulary.ts";

export type EvidenceChannel = "prod_traffic" | "controlled_fixture";

/** A row of evidence (`signoff.evidence.row.v1`) as far as it could be read: what could not be is null, and is named. */
export interface Row {
  /** As it says; where it says none, a name made from its content. */
  readonly rowId: string;
  /** RFC 8785 text of the whole row. Rows of one text are one row. */
  readonly text: string;
  readonly source: Source | null;
  readonly kind: Kind | null;
  readonly observedAt: Instant | null;
  readonly track: Track | null;
  readonly mode: Track | null;
  readonly channel: EvidenceChannel | null;
  /** `txId:attemptNo` */
  readonly eventKey: string | null;
  readonly heavySessionId: string | null;
  readonly eventClass: EventClass | null;
  readonly drillId: string | null;
  readonly fixtureRunId: string | null;
  readonly fixtureCaseId: string | null;
  readonly expectedOutcome: ExpectedOutcome | null;
  readonly payloadHash: string | null;
  readonly payload: Payload | null;
  /** Why the payload does not count; null where it keeps its schema and its hash. */
  readonly payloadProblem: string | null;
  /** Tags that are there and hold what they may not. */
  readonly malformed: readonly string[];
}

const TAGS = {
  rowId: word.nullish(),
  source: z.enum(SOURCES).nullish(),
  kind: z.enum(KINDS).nullish(),
  track: track.nullish(),
  mode: track.nullish(),
  evidenceChannel: z.enum(["prod_traffic", "controlled_fixture"]).nullish(),
  eventKey: eventKey.nullish(),
  heavySessionId: word.nullish(),
  eventClass: z.enum(EVENT_CLASSES).nullish(),
  drillId: word.nullish(),
  fixtureRunId: word.nullish(),
  fixtureCaseId: word.nullish(),
  expectedOutcome: z.enum(OUTCOMES).nullish(),
};

/** Reads files of NDJSON: each different line that is not blank is one row, whatever is wrong with it. */
export const readRows = (texts: readonly string[]): readonly Row[] => {
  const lines = texts.flatMap((text) => text.split("\n").filter((line) => line.trim() !== ""));
  return [...new Map(lines.map(rowOfLine).map((row) => [row.text, row])).values()];
};

function rowOfLine(line: string): Row {
  const parsed = parseJson(line);
  return parsed.ok && isJsonObject(parsed.value) ? rowOf(parsed.value) : unreadableRow(line.trim());
}

const unreadableRow = (line: string): Row => ({
  ...tagsOf({}).tags,
  rowId: `unreadable:${sha256Hex(line)}`,
  text: canonicalText({ unreadable: sha256Hex(line) }),
  observedAt: null,
  payloadHash: null,
  payload: null,
  payloadProblem: "the line is no JSON object",
  malformed: ["line"],
});

/** A row that is a value already. */
export function rowOf(value: JsonObject): Row {
  const text = canonicalText(value);
  const { tags, malformed } = tagsOf(value);
  const { payload, payloadProblem } = payloadOf(value, tags);
  return {
    ...tags,
    rowId: tags.rowId ?? `unnamed:${sha256Hex(text)}`,
    text,
    observedAt: typeof value.observedAt === "string" ? (instantOf(value.observedAt) ?? null) : null,
    payloadHash: typeof value.payloadHash === "string" ? value.payloadHash : null,
    payload,
    payloadProblem,
    malformed: tags.rowId === null ? ["rowId", ...malformed] : malformed,
  };
}

function tagsOf(value: JsonObject) {
  const malformed: string[] = [];
  const tag = <T>(name: keyof typeof TAGS, shape: z.ZodType<T | null | undefined>): T | null => {
    const parsed = shape.safeParse(value[name]);
    if (!parsed.success) malformed.push(name);
    return parsed.data ?? null;
  };
  const tags = {
    rowId: tag("rowId", TAGS.rowId),
    source: tag("source", TAGS.source),
    kind: tag("kind", TAGS.kind),
    track: tag("track", TAGS.track),
    mode: tag("mode", TAGS.mode),
    channel: tag("evidenceChannel", TAGS.evidenceChannel),
    eventKey: tag("eventKey", TAGS.eventKey),
    heavySessionId: tag("heavySessionId", TAGS.heavySessionId),
    eventClass: tag("eventClass", TAGS.eventClass),
    drillId: tag("drillId", TAGS.drillId),
    fixtureRunId: tag("fixtureRunId", TAGS.fixtureRunId),
    fixtureCaseId: tag("fixtureCaseId", TAGS.fixtureCaseId),
    expectedOutcome: tag("expectedOutcome", TAGS.expectedOutcome),
  };
  return { tags, malformed };
}

type Tags = ReturnType<typeof tagsOf>["tags"];

/** A payload that reads is kept beside what is wrong with it: some checks look at it all the same. */
function payloadOf(value: JsonObject, tags: Tags): Pick<Row, "payload" | "payloadProblem"> {
  if (!isJsonObject(value.payload)) return { payload: null, payloadProblem: "the payload is no object" };
  const payloadProblem = digestOf(value.payload) === value.payloadHash ? null : "`payloadHash` is not the payload's";
  if (tags.kind === null) return { payload: null, payloadProblem };
  const read = readPayload(tags.kind, value.payload);
  if (!read.ok) return { payload: null, payloadProblem: read.problem };
  return { payload: read.payload, payloadProblem: payloadProblem ?? foreignKey(read.payload, tags.eventKey) };
}

/** An event is of the attempt that its row names. */
function foreignKey(payload: Payload, key: string | null): string | null {
  const own = ownKey(payload);
  return own === null || key === null || own === key ? null : "the payload is of another attempt than `eventKey`";
}

function ownKey(payload: Payload): string | null {
  if (payload.type === "transaction") return eventKeyOf(payload.event);
  if (payload.type !== "capability") return null;
  const { transactionId: txId, attemptNo } = payload.event;
  return txId === null || attemptNo === null ? null : eventKeyOf({ txId, attemptNo });
}
