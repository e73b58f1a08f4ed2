import { addKeyEndpoint, listTenantsEndpoint } from "../../src/api/endpoints/administration.ts";
import { listAlertsEndpoint } from "../../src/api/endpoints/alerts.ts";
import { listApprovalsEndpoint, showApprovalEndpoint } from "../../src/api/endpoints/approvals.ts";
import { callEndpoint } from "../../src/api/endpoints/calls.ts";
import { overviewEndpoint } from "../../src/api/endpoints/console.ts";
import { listStreamsEndpoint, readStreamEndpoint, verifyLedgerEndpoint } from "../../src/api/endpoints/ledger.ts";
import { activatePackEndpoint, checkPackEndpoint, listPacksEndpoint } from "../../src/api/endpoints/packs.ts";
import {
  addEndpointEndpoint,
  listCredentialsEndpoint,
  listEndpointsEndpoint,
  setCredentialEndpoint,
} from "../../src/api/endpoints/providers.ts";
import { replayEndpoint } from "../../src/api/endpoints/replay.ts";
import { listRunsEndpoint, showRunEndpoint, startRunEndpoint } from "../../src/api/endpoints/runs.ts";
import type { Endpoint } from "../../src/api/http/endpoint.ts";
import { isJsonObject, type Json } from "../../src/contracts/index.ts";

/** An answer of the API, read whole. */
export interface Got<Body = Json> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** Reads an answer whole. */
export async function read(response: Response): Promise<Got> {
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Reads answers by the schema that the API declares for them; one of another shape, such as a problem, fails the test. */
const by =
  <Body>({ answer }: Endpoint<Body>) =>
  (got: Got): Got<Body> => ({ ...got, body: answer.parse(got.body) });

export const asStarted = by(startRunEndpoint);
export const asAlerts = by(listAlertsEndpoint);
export const asOverview = by(overviewEndpoint);
export const asRun = by(showRunEndpoint);
export const asRuns = by(listRunsEndpoint);
export const asReplay = by(replayEndpoint);
export const asApproval = by(showApprovalEndpoint);
export const asApprovals = by(listApprovalsEndpoint);
export const asCalled = by(callEndpoint);
export const asStreams = by(listStreamsEndpoint);
/** Of any stream, a run's transcript too. */
export const asEvents = by(readStreamEndpoint);
export const asVerification = by(verifyLedgerEndpoint);
export const asChecked = by(checkPackEndpoint);
export const asPacks = by(listPacksEndpoint);
export const asActivated = by(activatePackEndpoint);
export const asSet = by(setCredentialEndpoint);
export const asCredentials = by(listCredentialsEndpoint);
export const asAdded = by(addEndpointEndpoint);
export const asEndpoints = by(listEndpointsEndpoint);
export const asTenants = by(listTenantsEndpoint);
export const asKey = by(addKeyEndpoint);

export type Run = ReturnType<typeof asRun>["body"];
export type Approval = ReturnType<typeof asApproval>["body"];

/** The code of a problem; null where an answer is none. */
export const codeIn = ({ body }: Got): Json => member(body, "code");

/** A member of a value of which only the test knows what it is; null where it has none. */
export const member = (value: Json, name: string): Json => (isJsonObject(value) ? (value[name] ?? null) : null);

/** The first approval that a run asked for. */
interface Asked {
  readonly run_id: string;
  readonly approvals: readonly { readonly approval_id: string }[];
}

export function approvalIdOf({ run_id, approvals }: Asked): string {
  const [approval] = approvals;
  if (approval === undefined) throw new Error(`run ${run_id} asked for no approval`);
  return approval.approval_id;
}
