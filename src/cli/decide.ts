import { codeEntry, isCode, type JsonObject, problemOf, type Refusal } from "../contracts/index.ts";
import { part } from "./answer.ts";
import { approvalLines } from "./approval-lines.ts";
import type { Answer, Client } from "./client.ts";
import type { Context } from "./command.ts";
import { listOf, numberOf, rawOf, textOf } from "./document.ts";
import { followRun } from "./follow.ts";
import { note, paintOf } from "./output.ts";
import { confirm } from "./prompt.ts";

export interface Deciding {
  readonly client: Client;
  readonly context: Context;
  readonly approvalId: string;
  readonly decision: "APPROVE" | "DENY";
  readonly reason: string | undefined;
  /** Decided without asking. */
  readonly isSure: boolean;
  /** How long to see what becomes of the run where this process has to advance it. */
  readonly waitMs: number;
}

/** What came of it; `run` is the run afterwards, where this process advanced it. */
export interface Decided {
  readonly answer: Answer;
  readonly run: JsonObject | null;
}

/** Shows an approval, asks, and decides on exactly what was shown: its preview's hash and its token are echoed. */
export async function decide(deciding: Deciding): Promise<Decided> {
  const { client, context, approvalId } = deciding;
  const path = `/v1/approvals/${part(approvalId)}`;
  const shown = await client.get(path);
  if (!shown.ok) return { answer: shown, run: null };
  for (const line of approvalLines(shown.body, context.host.clock.now(), paintOf(context))) note(context, line);
  const refusal = barOf(shown.body, deciding.decision) ?? (await unsure(deciding));
  if (refusal !== null) return { answer: { ok: false, problem: problemOf(refusal) }, run: null };

  const runPath = `/v1/runs/${part(textOf(shown.body, "run_id"))}`;
  const before = client.isLocal ? await client.get(runPath) : null;
  const answer = await client.post(`${path}/decision`, bodyOf(shown.body, deciding));
  const isSettled = answer.ok && rawOf(answer.body, "status") !== "PENDING";
  if (!isSettled || before === null || !before.ok || deciding.waitMs === 0) return { answer, run: null };
  const beyond = numberOf(before.body, "events") ?? 0;
  const runId = textOf(shown.body, "run_id");
  const run = await followRun({ client, context }, { runId, beyond, waitMs: deciding.waitMs });
  return { answer, run: run.ok ? run.body : null };
}

/** Why the reader may not decide, as the API says; null when they may. */
function barOf(approval: JsonObject, decision: Deciding["decision"]): Refusal | null {
  const name = decision.toLowerCase();
  const action = listOf(approval, "actions").find((one) => rawOf(one, "name") === name);
  if (action === undefined || action.allowed === true) return null;
  const code = rawOf(action, "code");
  const known = code !== undefined && isCode(code) ? code : "HITL_UNAUTHORIZED";
  return { code: known, message: rawOf(action, "reason") ?? codeEntry(known).meaning };
}

/** A person who did not say yes. */
async function unsure({ context, decision, isSure }: Deciding): Promise<Refusal | null> {
  if (isSure || (await confirm(context, `${decision.toLowerCase()} exactly this?`))) return null;
  return { code: "USAGE", message: "not confirmed: nothing was decided; answer `y` at a terminal, or give --yes" };
}

function bodyOf(approval: JsonObject, { decision, reason }: Deciding): JsonObject {
  return {
    decision,
    token: rawOf(approval, "token") ?? "",
    preview_sha256: rawOf(approval, "preview_sha256") ?? "",
    ...(reason === undefined ? {} : { reason }),
  };
}
