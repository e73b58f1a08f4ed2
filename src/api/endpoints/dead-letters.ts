import { z } from "@hono/zod-openapi";
import { type Result, rejected } from "../../contracts/index.ts";
import { unknownEffects } from "../../guard/index.ts";
import { reconcileQueue } from "../../ingress/index.ts";
import { findLetter, type LetterRow, listLetters, readStream } from "../../ledger/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import { currentControl } from "../control.ts";
import { type Call, endpoint, NOTHING, type Reply, reply } from "../http/endpoint.ts";
import { type AskedReview, reviewLetter } from "../requeue.ts";
import { type DeadLetter, deadLetter, letterState, letterView } from "../wire/dead-letter.ts";
import { eventView, ledgerEvent } from "../wire/event.ts";
import { limit, name, nextOf, reason, time, timeOf } from "../wire/parts.ts";

export const listLettersEndpoint = endpoint({
  method: "get",
  path: "/v1/dead-letters",
  summary: "List what ended badly and was kept for a person",
  needs: ["read"],
  request: {
    ...NOTHING,
    query: z.strictObject({ state: letterState.optional(), after: z.string().default(""), limit }),
  },
  statuses: { 200: "a page of letters, oldest first; `next` is the `after` of the next page" },
  answer: z.strictObject({ dead_letters: z.array(deadLetter).readonly(), next: z.string().nullable() }),
  async handle({ installation, caller }, { query }) {
    const { state = null, after } = query;
    const rows = await inTenant(installation.database, caller.tenantId, (sql) =>
      listLetters(sql, { state, after, limit: query.limit }),
    );
    const next = nextOf(rows, query.limit, ({ dead_letter_id }) => dead_letter_id);
    return reply({ dead_letters: rows.map(letterView), next });
  },
});

const LETTER_ID = z.strictObject({ dead_letter_id: name });

export const showLetterEndpoint = endpoint({
  method: "get",
  path: "/v1/dead-letters/{dead_letter_id}",
  summary: "Show a dead letter with its original",
  needs: ["read"],
  request: { ...NOTHING, params: LETTER_ID },
  statuses: { 200: "the letter, and the event that it is about where a run recorded it" },
  answer: deadLetter.extend({ original: ledgerEvent.nullable() }),
  async handle({ installation, caller }, { params }) {
    const found = await inTenant(installation.database, caller.tenantId, async (sql) => {
      const letter = await findLetter(sql, params.dead_letter_id);
      return letter === undefined ? undefined : { letter, original: await originalOf(sql, letter) };
    });
    if (found === undefined) {
      const message = `there is no dead letter \`${params.dead_letter_id}\``;
      return rejected({ code: "DEAD_LETTER_NOT_FOUND", message });
    }
    const { letter, original } = found;
    return reply({ ...letterView(letter), original: original === undefined ? null : eventView(original) });
  },
});

async function originalOf(sql: TenantQuery, { run_id, seq }: LetterRow) {
  return run_id === null || seq === null ? undefined : (await readStream(sql, run_id, seq - 1, 1))[0];
}

const REVIEWED = { 200: "the letter as it stands now; the same act asked for again changes nothing" } as const;
const REASON = z.strictObject({ reason });

export const requeueLetterEndpoint = endpoint({
  method: "post",
  path: "/v1/dead-letters/{dead_letter_id}/requeue",
  summary: "Take up again what ended badly: a blocked run goes on, a failed one is started anew",
  needs: ["operate"],
  idempotent: true,
  request: { ...NOTHING, params: LETTER_ID, body: REASON },
  statuses: REVIEWED,
  answer: deadLetter,
  handle: (call, { params, body }) => reviewed(call, params.dead_letter_id, { act: "requeue", reason: body.reason }),
});

export const discardLetterEndpoint = endpoint({
  method: "post",
  path: "/v1/dead-letters/{dead_letter_id}/discard",
  summary: "Say that nothing is to be done about a dead letter",
  needs: ["operate"],
  idempotent: true,
  request: { ...NOTHING, params: LETTER_ID, body: REASON },
  statuses: REVIEWED,
  answer: deadLetter,
  handle: (call, { params, body }) => reviewed(call, params.dead_letter_id, { act: "discard", reason: body.reason }),
});

export const resolveLetterEndpoint = endpoint({
  method: "post",
  path: "/v1/dead-letters/{dead_letter_id}/resolve",
  summary: "Say that what a dead letter is about was mended by hand",
  needs: ["operate"],
  idempotent: true,
  request: { ...NOTHING, params: LETTER_ID, body: REASON },
  statuses: REVIEWED,
  answer: deadLetter,
  handle: (call, { params, body }) => reviewed(call, params.dead_letter_id, { act: "resolve", reason: body.reason }),
});

async function reviewed(
  { installation, caller, nudge }: Call,
  letterId: string,
  { act, reason }: Pick<AskedReview, "act" | "reason">,
): Promise<Reply<DeadLetter>> {
  const control = await currentControl(installation, caller.tenantId);
  const asked = { control, letterId, act, by: caller.principalId, reason };
  const letter: Result<LetterRow> = await reviewLetter(installation, asked);
  if (!letter.ok) return letter;
  if (act === "requeue") nudge();
  return reply(letterView(letter.value));
}

const need = z.strictObject({
  what: z.enum(["dead_letter", "unknown_effect", "reconciliation"]),
  id: name,
  run_id: name.nullable(),
  step_id: name.nullable(),
  code: name,
  since: time,
});

/** Rows of each kind that one answer has. */
const NEEDS_MAX = 200;

export const needsPersonEndpoint = endpoint({
  method: "get",
  path: "/v1/needs-person",
  summary: "List what cannot go on without a person, other than approvals",
  description: "Dead letters to review, blocked runs among them; effects of which nobody knows; events to reconcile.",
  needs: ["read"],
  request: NOTHING,
  statuses: { 200: "up to 200 of each kind, the oldest first" },
  answer: z.strictObject({ needs: z.array(need).readonly() }),
  async handle({ installation, caller }) {
    const needs = await inTenant(installation.database, caller.tenantId, readNeeds);
    return reply({
      needs: needs.toSorted((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : a.id < b.id ? -1 : 1)),
    });
  },
});

async function readNeeds(sql: TenantQuery): Promise<readonly z.output<typeof need>[]> {
  const letters = await listLetters(sql, { state: "PENDING_REVIEW", after: "", limit: NEEDS_MAX });
  const effects = await unknownEffects(sql, NEEDS_MAX);
  const events = await reconcileQueue(sql, NEEDS_MAX);
  return [
    ...letters.map(({ dead_letter_id: id, run_id, step_id, reason_code: code, created_at }) => ({
      what: "dead_letter" as const,
      id,
      run_id,
      step_id,
      code,
      since: timeOf(created_at),
    })),
    ...effects.map(({ run_id, step_id, since }) => ({
      what: "unknown_effect" as const,
      id: run_id,
      run_id,
      step_id,
      code: "EFFECT_UNKNOWN",
      since: timeOf(since),
    })),
    ...events.map(({ event_id: id, type, received_at }) => ({
      what: "reconciliation" as const,
      id,
      run_id: null,
      step_id: null,
      code: type,
      since: timeOf(received_at),
    })),
  ];
}
