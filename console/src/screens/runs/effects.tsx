import { Link } from "@tanstack/react-router";
import { minorUnitsText } from "../../../../src/contracts/minor-units.ts";
import { useTenant } from "../../api/query.ts";
import type { Run, RunTimeline } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { APPROVAL_LOOKS, type Look, RECEIPT_LOOKS } from "../../ui/tone.ts";
import { given } from "../inbox/given.ts";
import { letThroughBy } from "./timeline.ts";

/** More than these are in the transcript alone. */
const ROWS_MAX = 200;

interface EffectsProps {
  readonly run: Run;
  readonly calls: RunTimeline["calls"];
}

/** Everything that a run did or tried to do to the world, what became of it, and who or what let it through. */
export function Effects({ run, calls }: EffectsProps) {
  const effects = calls.filter(({ authority }) => authority !== null);
  const open = run.approvals.filter(({ consumed_at, status }) => consumed_at === null && status !== "APPROVED");
  if (effects.length === 0 && open.length === 0) return null;
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
            {effects.slice(0, ROWS_MAX).map((call) => (
              <EffectRow key={call.seq} run={run} call={call} />
            ))}
            {open.map((approval) => (
              <AskedRow key={approval.approval_id} approval={approval} />
            ))}
          </tbody>
        </table>
      </div>
      {effects.length > ROWS_MAX ? (
        <p className="soft">
          the first {ROWS_MAX} of {effects.length.toLocaleString("en")}; the transcript has all
        </p>
      ) : null}
    </section>
  );
}

const STOPPED: Look = { label: "refused", tone: "bad" };
const NONE: Look = { label: "no receipt", tone: "idle" };
const FAILED: Look = { label: "failed", tone: "bad" };
const UNKNOWN: Look = { label: "unknown", tone: "wait" };

function EffectRow({ run, call }: { readonly run: Run; readonly call: RunTimeline["calls"][number] }) {
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
function By({ run, call }: { readonly run: Run; readonly call: RunTimeline["calls"][number] }) {
  const tenant = useTenant();
  const { authority } = call;
  if (authority === null) return null;
  const by = letThroughBy(call, run.approvals);
  return (
    <details>
      <summary>
        <strong>{by}</strong>
        <span className="soft"> · past {authority.passed.length} guards</span>
      </summary>
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
    </details>
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

function amountText(minor: string, currency: string): string {
  const units = minorUnitsText(minor, currency);
  return units === undefined ? `${minor} minor units ${currency}` : `${units} ${currency}`;
}
