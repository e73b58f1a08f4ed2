import {
  accepted,
  assert,
  type Instant,
  isJsonObject,
  type Refusal,
  type Result,
  rejected,
} from "../contracts/index.ts";
import { type LetterRow, lockLetter, type Review, review, tellRun } from "../ledger/index.ts";
import { beginRun, findRunByStartKey } from "../run/index.ts";
import { inTenant, type TenantQuery } from "../store/index.ts";
import type { TenantControl } from "../worker/index.ts";
import { audit } from "./administer.ts";
import type { Installation } from "./installation.ts";
import { readRun } from "./recorded-run.ts";
import { findWorkflow } from "./start-run.ts";

/** What a person does about a dead letter. */
export interface AskedReview {
  readonly control: TenantControl;
  readonly letterId: string;
  readonly act: "requeue" | "discard" | "resolve";
  readonly by: string;
  readonly reason: string;
}

const STATES = { requeue: "REQUEUED", discard: "DISCARDED", resolve: "RESOLVED" } as const;

/**
 * Reviews a dead letter, with what follows from it and its audit entry in one transaction. The original stays as it is. Asked for
 * the same again, a letter is answered as it was reviewed. Refused: DEAD_LETTER_NOT_FOUND, DEAD_LETTER_NOT_REQUEUABLE and, for
 * one that was reviewed otherwise, STATE_TRANSITION_ILLEGAL; a refusal is audited too.
 */
export async function reviewLetter(installation: Installation, asked: AskedReview): Promise<Result<LetterRow>> {
  const { letterId, act, by, reason } = asked;
  const { tenantId } = asked.control;
  return inTenant(installation.database, tenantId, async (sql) => {
    const letter = await lockLetter(sql, letterId);
    if (letter === undefined) return no("DEAD_LETTER_NOT_FOUND", `there is no dead letter \`${letterId}\``);
    if (letter.state === STATES[act]) return accepted(letter);
    const at = installation.host.clock.now();
    const reviewed = await judged(installation, sql, { asked, letter, at });
    const payload = { dead_letter_id: letterId, act, reason, kind: letter.kind, run_id: letter.run_id };
    const outcome = reviewed.ok
      ? { requeued_as: reviewed.value.requeued_as }
      : { code: reviewed.refusal.code, from: letter.state };
    const type = reviewed.ok ? "dead_letter.reviewed" : "dead_letter.review_refused";
    await audit(installation, sql, { tenantId, by, type, payload: { ...payload, ...outcome } });
    return reviewed;
  });
}

interface Judged {
  readonly asked: AskedReview;
  readonly letter: LetterRow;
  readonly at: Instant;
}

async function judged(installation: Installation, sql: TenantQuery, { asked, letter, at }: Judged) {
  const { act, by, reason } = asked;
  const made: Review = { state: STATES[act], by, reason, at, requeuedAs: null };
  if (act !== "requeue" || letter.state !== "PENDING_REVIEW") return review(sql, letter, made);
  const requeued = await requeue(installation, sql, { asked, letter, at });
  return requeued.ok ? review(sql, letter, { ...made, requeuedAs: requeued.value }) : requeued;
}

/** Takes up what ended badly; gives the run that goes on with it. */
async function requeue(installation: Installation, sql: TenantQuery, judging: Judged): Promise<Result<string>> {
  const { letter, asked, at } = judging;
  switch (letter.kind) {
    case "blocked": {
      assert(letter.run_id !== null, "a blocked run has an id");
      const payload = { lane: null, payload: {} };
      await tellRun(sql, letter.run_id, {
        inbox_id: letter.dead_letter_id,
        kind: "resume",
        payload,
        actor: asked.by,
        at,
      });
      return accepted(letter.run_id);
    }
    case "retry":
      return startAgain(installation, sql, judging);
    case "compensation":
      return no("DEAD_LETTER_NOT_REQUEUABLE", "what could not be undone is undone by hand");
    case "webhook":
      return no(
        "DEAD_LETTER_NOT_REQUEUABLE",
        "what came in is kept as it is; have the provider send it as a new event",
      );
  }
}

/**
 * Starts the run's workflow anew on the active version, with retries of its own and under the same principal, so that what the
 * first run did is found by its keys and not done twice. Refused where any of it was undone: it would be taken for done.
 */
async function startAgain(
  { host }: Installation,
  sql: TenantQuery,
  { letter, asked }: Judged,
): Promise<Result<string>> {
  const run = letter.run_id === null ? undefined : await readRun(sql, letter.run_id);
  assert(run !== undefined, "a step belongs to a run");
  const { row, state } = run;
  if (row.ended_at === null) return no("DEAD_LETTER_NOT_REQUEUABLE", `run \`${row.run_id}\` has not ended yet`);
  const undone = Object.entries(state.steps).find(([, { status }]) => status.startsWith("compensat"));
  if (undone !== undefined)
    return no(
      "DEAD_LETTER_NOT_REQUEUABLE",
      `step \`${undone[0]}\` was undone: start the workflow by hand, as something new`,
    );
  const startKey = `dead-letter:${letter.dead_letter_id}`;
  const found = findWorkflow(asked.control, { id: row.workflow_id, startKey });
  if (!found.ok) return found;
  const { trigger } = state.document;
  const begun = await beginRun(sql, host, {
    tenantId: asked.control.tenantId,
    pack: found.value.pack,
    workflow: found.value.workflow,
    trigger: isJsonObject(trigger) ? trigger : {},
    startKey,
    correlationId: `${row.correlation_id}/${letter.dead_letter_id}`,
    principalId: row.principal_id,
    channel: row.channel,
    causation: letter.dead_letter_id,
  });
  const runId = begun ?? (await findRunByStartKey(sql, startKey))?.run_id;
  assert(runId !== undefined, "a start key that is taken belongs to a run");
  return accepted(runId);
}

const no = (code: Refusal["code"], message: string) => rejected({ code, message });
