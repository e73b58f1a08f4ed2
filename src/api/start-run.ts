import { accepted, assert, type JsonObject, type Refusal, type Result, rejected } from "../contracts/index.ts";
import type { Promoted } from "../guard/index.ts";
import type { RedactionSource } from "../ledger/index.ts";
import {
  activePacks,
  beginRun,
  type CompiledPack,
  type CompiledWorkflow,
  findRunByStartKey,
  type RunRow,
} from "../run/index.ts";
import { inTenant } from "../store/index.ts";
import { packsFor, type TenantControl } from "../worker/index.ts";
import type { Call } from "./http/endpoint.ts";
import { storableInput } from "./storable-input.ts";

/** A run asked for by a request. */
export interface AskedRun {
  readonly control: TenantControl;
  readonly pack: CompiledPack;
  readonly workflow: CompiledWorkflow;
  readonly input: JsonObject;
  readonly startKey: string;
  /** Fields of the input that may not be stored in clear. */
  readonly sensitive: readonly string[];
  /** The pack whose state says whether new runs are taken. */
  readonly packId: string;
}

export interface StartedRun {
  readonly row: RunRow;
  /** False: the start key had started it before. */
  readonly isNew: boolean;
}

/**
 * Starts a run, once per start key. Refused: INVALID_INPUT for what the trigger's schema does not take, REQUEST_INVALID for
 * what may not be stored, BUSINESS_PAUSED.
 */
export async function startRun(call: Call, asked: AskedRun): Promise<Result<StartedRun>> {
  const { installation, caller, nudge } = call;
  const { control, workflow } = asked;
  const parsed = workflow.parseTrigger(asked.input);
  if (!parsed.ok) return rejected({ ...parsed.refusal, code: "INVALID_INPUT" });
  const source: RedactionSource = {
    schema: workflow.definition.trigger.input_schema,
    sensitive: asked.sensitive,
    allowlist: null,
  };
  const trigger = storableInput(parsed.value, source);
  if (!trigger.ok) return trigger;
  const started = await inTenant(installation.database, caller.tenantId, async (sql): Promise<Result<StartedRun>> => {
    const known = await findRunByStartKey(sql, asked.startKey);
    if (known !== undefined) return accepted({ row: known, isNew: false });
    const state = (await activePacks(sql)).find(({ pack_id }) => pack_id === asked.packId)?.state;
    if (state !== "ACTIVE") return rejected(paused(asked.packId));
    const begun = await beginRun(sql, installation.host, {
      tenantId: caller.tenantId,
      pack: asked.pack,
      workflow,
      trigger: trigger.value,
      startKey: asked.startKey,
      correlationId: installation.host.ids.next(),
      principalId: caller.principalId,
      channel: control.mode === "live" ? "prod_traffic" : "controlled_fixture",
      causation: null,
    });
    const row = await findRunByStartKey(sql, asked.startKey);
    assert(row !== undefined, "a start key that is taken belongs to a run");
    return accepted({ row, isNew: begun !== null });
  });
  if (started.ok && started.value.isNew) nudge();
  return started;
}

const paused = (packId: string): Refusal => ({
  code: "BUSINESS_PAUSED",
  message: `pack \`${packId}\` takes no new runs`,
});

/** The pack that has a workflow and that a new run of this key starts on, and the workflow. Refused: WORKFLOW_NOT_FOUND, CONTRACT_NOT_PROMOTED. */
export function findWorkflow(
  control: TenantControl,
  { id, startKey }: { readonly id: string; readonly startKey: string },
): Result<{ readonly pack: CompiledPack; readonly workflow: CompiledWorkflow }> {
  const { unpromoted, promoted } = control;
  for (const pack of packsFor(control, startKey)) {
    const workflow = pack.workflows[id];
    if (workflow !== undefined) return accepted({ pack, workflow });
  }
  const other = unpromoted.find(({ workflows }) => workflows[id] !== undefined);
  if (other !== undefined && promoted !== null) return rejected(notPromoted(promoted, other.pack.id));
  return rejected({ code: "WORKFLOW_NOT_FOUND", message: `no active pack has a workflow \`${id}\`` });
}

/** The refusal of a pack, or of something in it, that is not what was promoted. */
export const notPromoted = ({ environment, bundleId }: Promoted, packId: string): Refusal => ({
  code: "CONTRACT_NOT_PROMOTED",
  message: `pack \`${packId}\` is not the one of \`${bundleId}\`, which ${environment} holds`,
  details: { environment, bundle_id: bundleId },
});
