import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { minorUnitsText } from "../../../../src/contracts/minor-units.ts";
import { act } from "../../api/client.ts";
import { useRead, useTenant } from "../../api/query.ts";
import type { Run, RunTimeline } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { ActDialog } from "../../ui/dialog.tsx";
import { Digest } from "../../ui/digest.tsx";
import { lasting } from "../../ui/moment.ts";
import { Time } from "../../ui/time.tsx";
import { APPROVAL_LOOKS, RECEIPT_LOOKS, RUN_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { RunChart } from "./chart.tsx";
import { Transcript } from "./transcript.tsx";

/** One run: why it is where it is, what it did and when, and by what authority. */
export function RunScreen() {
  const { run: id } = useParams({ from: "/t/$tenant/runs/$run" });
  const run = useRead<Run>(`/v1/runs/${id}`);
  const timeline = useRead<RunTimeline>(`/v1/runs/${id}/timeline`);
  return (
    <View query={run}>
      {(data) => (
        <article className="run">
          <Heading run={data} />
          <View query={timeline}>
            {(shown) => (
              <section>
                <h2>Time</h2>
                <RunChart timeline={shown} />
              </section>
            )}
          </View>
          <Effects run={data} />
          <Transcript runId={id} />
          <section>
            <h2>State</h2>
            <details>
              <summary>the run's document, as its last event left it</summary>
              <pre className="json">{JSON.stringify(data.document, null, 2)}</pre>
            </details>
          </section>
        </article>
      )}
    </View>
  );
}

const ENDED = ["SUCCEEDED", "FAILED_EXPECTED", "FAILED_UNEXPECTED", "CANCELLED"];

function Heading({ run }: { readonly run: Run }) {
  const [isCancelling, setCancelling] = useState(false);
  const tenant = useTenant();
  const ended = run.ended_at === null ? null : Date.parse(run.ended_at) - Date.parse(run.started_at);
  return (
    <header>
      <div className="heading">
        <h1>
          {run.workflow_id} <Badge look={RUN_LOOKS[run.status]} />
        </h1>
        {ENDED.includes(run.status) ? null : (
          <button type="button" onClick={() => setCancelling(true)}>
            cancel …
          </button>
        )}
      </div>
      <p className="why">{run.why}</p>
      <dl className="facts">
        <dt>run</dt>
        <dd>
          <Digest text={run.run_id} shown={36} />
        </dd>
        <dt>started</dt>
        <dd>
          <Time at={run.started_at} full /> by {run.principal_id}
        </dd>
        {ended === null ? null : (
          <>
            <dt>took</dt>
            <dd>{lasting(ended)}</dd>
          </>
        )}
        <dt>pack</dt>
        <dd>
          {run.pack_id} <Digest text={run.pack_digest} />
        </dd>
        <dt>ledger</dt>
        <dd>
          <Link to="/t/$tenant/ledger/$stream" params={{ tenant, stream: run.run_id }}>
            {run.events} events
          </Link>
        </dd>
      </dl>
      {isCancelling ? <CancelDialog run={run} onClose={() => setCancelling(false)} /> : null}
    </header>
  );
}

function CancelDialog({ run, onClose }: { readonly run: Run; readonly onClose: () => void }) {
  const tenant = useTenant();
  const done = Object.entries(run.steps).filter(([, { status }]) => status === "succeeded");
  return (
    <ActDialog
      title={`Cancel ${run.workflow_id}?`}
      verb="cancel the run"
      isGrave
      needsReason
      onClose={onClose}
      onConfirm={async (reason) => void (await act(tenant, `/v1/runs/${run.run_id}/cancel`, { reason }))}
    >
      <p>It begins no further step. What it did stays, and is compensated where its workflow says how:</p>
      <ul>
        {done.map(([step, { receipt_id }]) => (
          <li key={step}>
            {step} {receipt_id === null ? null : <span className="soft">· left a receipt</span>}
          </li>
        ))}
      </ul>
    </ActDialog>
  );
}

function Effects({ run }: { readonly run: Run }) {
  const tenant = useTenant();
  if (run.receipts.length === 0 && run.approvals.length === 0) return null;
  return (
    <section>
      <h2>Effects and approvals</h2>
      <div className="scroll">
        <table>
          <tbody>
            {run.approvals.map((approval) => (
              <tr key={approval.approval_id}>
                <td>
                  <Badge look={APPROVAL_LOOKS[approval.status]} />
                </td>
                <td>{approval.step_id}</td>
                <td>
                  <Link
                    to="/t/$tenant/inbox"
                    params={{ tenant }}
                    search={{ approval: approval.approval_id, all: true }}
                  >
                    approval of {approval.tool_name}
                  </Link>
                </td>
                <td className="soft">{approval.void_reason ?? approval.reason}</td>
              </tr>
            ))}
            {run.receipts.map((receipt) => (
              <tr key={receipt.receipt_id}>
                <td>
                  <Badge look={RECEIPT_LOOKS[receipt.status]} />
                </td>
                <td>{receipt.step_id}</td>
                <td>
                  {receipt.tool_name}
                  {receipt.amount_minor === null ? null : (
                    <strong className="amount">{amountText(receipt.amount_minor, receipt.currency ?? "")}</strong>
                  )}
                </td>
                <td className="soft">
                  {receipt.external_provider} <code>{receipt.external_transaction_id}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function amountText(minor: string, currency: string): string {
  const units = minorUnitsText(minor, currency);
  return units === undefined ? `${minor} minor units ${currency}` : `${units} ${currency}`;
}
