import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { type ApiError, read } from "../../api/client.ts";
import { useTenant } from "../../api/query.ts";
import type { Run, RunEffects } from "../../api/wire.ts";
import { amountText } from "../../ui/amount.ts";
import { Badge } from "../../ui/badge.tsx";
import { APPROVAL_LOOKS, type Look, RECEIPT_LOOKS } from "../../ui/tone.ts";
import { Problem } from "../../ui/view.tsx";
import { given } from "../inbox/given.ts";
import { letThroughBy } from "./timeline.ts";

const PAGE = 50;

type Effect = RunEffects["calls"][number];

function useEffects(runId: string) {
  const tenant = useTenant();
  return useInfiniteQuery<RunEffects, ApiError>({
    queryKey: [tenant, "effects", runId],
    queryFn: ({ pageParam }) => read(tenant, `/v1/runs/${runId}/effects?after=${pageParam}&limit=${PAGE}`),
    initialPageParam: 0,
    getNextPageParam: ({ next }) => next,
    meta: { of: [runId] },
  });
}

/** Everything that a run did or tried to do to the world, what became of it, and who or what let it through. */
export function Effects({ run }: { readonly run: Run }) {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useEffects(run.run_id);
  const effects = data?.pages.flatMap(({ calls }) => calls) ?? [];
  const open = run.approvals.filter(({ consumed_at, status }) => consumed_at === null && status !== "APPROVED");
  if (error !== null) return <Problem error={error} />;
  if (effects.length === 0 && open.length === 0 && !hasNextPage) return null;
  return (
    <section>
      <h2>Effects and approvals</h2>
      <div className="scroll">
        <table className="effects">
          <thead>
            <tr>
              <th>receipt</th>
              <th>step</th>
              <th>what</th>
              <th>let through by</th>
              <th>proof</th>
            </tr>
          </thead>
          <tbody>
            {effects.map((call) => (
              <EffectRow key={call.seq} run={run} call={call} />
            ))}
            {open.map((approval) => (
              <AskedRow key={approval.approval_id} approval={approval} />
            ))}
          </tbody>
        </table>
      </div>
      {hasNextPage ? (
        <button type="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          more effects
        </button>
      ) : null}
    </section>
  );
}

const STOPPED: Look = { label: "refused", tone: "bad" };
const NONE: Look = { label: "no receipt", tone: "idle" };
const FAILED: Look = { label: "failed", tone: "bad" };
const UNKNOWN: Look = { label: "unknown", tone: "wait" };

function EffectRow({ run, call }: { readonly run: Run; readonly call: Effect }) {
  const receipt = run.receipts.find(({ receipt_id }) => receipt_id === call.receipt_id);
  return (
    <tr>
      <td>
        <Badge look={receipt === undefined ? lookOf(call.outcome) : RECEIPT_LOOKS[receipt.status]} />
      </td>
      <td>{call.step}</td>
      <td>
        {call.tool}
        {receipt?.amount_minor == null ? null : (
          <strong className="amount">{amountText(receipt.amount_minor, receipt.currency ?? "")}</strong>
        )}
        {call.code === null ? null : <code className="bad"> {call.code}</code>}
      </td>
      <td>
        <By run={run} call={call} />
      </td>
      <td className="soft">
        {receipt?.external_provider} <code>{receipt?.external_transaction_id}</code>
      </td>
    </tr>
  );
}

const lookOf = (outcome: string): Look =>
  outcome === "refused" ? STOPPED : outcome === "failed" ? FAILED : outcome === "unknown" ? UNKNOWN : NONE;

/** Whoever or whatever let a call through, and beneath it the guards and what each said. */
function By({ run, call }: { readonly run: Run; readonly call: Effect }) {
  const [isOpen, setOpen] = useState(false);
  const { authority } = call;
  if (authority === null) return null;
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <strong>{letThroughBy(call, run.approvals)}</strong>
        <span className="soft"> · past {authority.passed.length} guards</span>
      </summary>
      {isOpen ? <Guards authority={authority} /> : null}
    </details>
  );
}

function Guards({ authority }: { readonly authority: NonNullable<Effect["authority"]> }) {
  const tenant = useTenant();
  return (
    <>
      <p className="soft">{authority.passed.join(" › ")}</p>
      <dl className="facts">
        {authority.rules.map(({ guard, rule }) => (
          <div key={guard} className="pair">
            <dt>{guard}</dt>
            <dd>{rule}</dd>
          </div>
        ))}
      </dl>
      {authority.approval_id === null ? null : (
        <Link to="/t/$tenant/inbox" params={{ tenant }} search={{ approval: authority.approval_id, all: true }}>
          the approval, as it was shown
        </Link>
      )}
    </>
  );
}

function AskedRow({ approval }: { readonly approval: Run["approvals"][number] }) {
  const tenant = useTenant();
  return (
    <tr>
      <td>
        <Badge look={APPROVAL_LOOKS[approval.status]} />
      </td>
      <td>{approval.step_id}</td>
      <td>
        <Link to="/t/$tenant/inbox" params={{ tenant }} search={{ approval: approval.approval_id, all: true }}>
          approval of {approval.tool_name}
        </Link>
      </td>
      <td>{given(approval)}</td>
      <td className="soft">{approval.void_reason ?? approval.reason}</td>
    </tr>
  );
}
