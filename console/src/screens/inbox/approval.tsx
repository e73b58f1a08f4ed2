import { useMemo, useState } from "react";
import { useRead } from "../../api/query.ts";
import type { Approval } from "../../api/wire.ts";
import { RunLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Barred } from "../../ui/barred.tsx";
import { Countdown } from "../../ui/countdown.tsx";
import { ActDialog } from "../../ui/dialog.tsx";
import { useKeys } from "../../ui/keys.ts";
import { Time } from "../../ui/time.tsx";
import { APPROVAL_LOOKS, type Look } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { given } from "./given.ts";
import { type Field, fieldsOf, stretchesOf } from "./preview.ts";
import { type Seal, SealLine, useSeal } from "./seal.tsx";

/** One approval: exactly what is asked, and what its reader may do about it. */
export function ApprovalPanel({ id }: { readonly id: string }) {
  const query = useRead<Approval>(`/v1/approvals/${id}`);
  return <View query={query}>{(approval) => <Panel approval={approval} />}</View>;
}

type Decision = "APPROVE" | "DENY";

const WORDS = { a: "approve, after a look", d: "deny, after a look" } as const;

function Panel({ approval }: { readonly approval: Approval }) {
  const [asked, setAsked] = useState<Decision | null>(null);
  const may = (name: "approve" | "deny"): boolean => approval.actions.some((one) => one.name === name && one.allowed);
  const seal = useSeal(approval);
  const [mayApprove, mayDeny] = [may("approve") && seal === "whole", may("deny")];
  const keys = useMemo(
    () => ({
      ...(mayApprove ? { a: () => setAsked("APPROVE") } : {}),
      ...(mayDeny ? { d: () => setAsked("DENY") } : {}),
    }),
    [mayApprove, mayDeny],
  );
  useKeys(keys, WORDS);
  return (
    <article className="panel" tabIndex={-1} aria-label={`approval of ${approval.tool_name}`}>
      <header>
        <h2>
          {approval.tool_name} <Badge look={APPROVAL_LOOKS[approval.status]} />
        </h2>
        <p>
          {approval.side_effect_level === null ? null : <Risk level={approval.side_effect_level} />} {approval.reason}
        </p>
      </header>
      <Asked approval={approval} seal={seal} />
      <About approval={approval} />
      <Decisions approval={approval} />
      {approval.status === "PENDING" ? (
        <div className="acts">
          <button type="button" className="main" disabled={!mayApprove} onClick={() => setAsked("APPROVE")}>
            approve … <kbd>a</kbd>
          </button>
          <button type="button" className="grave" disabled={!mayDeny} onClick={() => setAsked("DENY")}>
            deny … <kbd>d</kbd>
          </button>
          <Barred bar={approval.actions.find(({ allowed }) => !allowed)} />
        </div>
      ) : null}
      {asked === null ? null : <DecideDialog approval={approval} asked={asked} onClose={() => setAsked(null)} />}
    </article>
  );
}

/** What the call may do to the world, as its contract has it. */
const RISKS: { readonly [L in NonNullable<Approval["side_effect_level"]>]: Look } = {
  READ: { label: "only reads", tone: "idle" },
  SOFT_WRITE: { label: "writes what can be changed back", tone: "idle" },
  HARD_WRITE: { label: "writes what cannot simply be taken back", tone: "wait" },
  FINANCIAL: { label: "moves money", tone: "wait" },
};

const Risk = ({ level }: { readonly level: keyof typeof RISKS }) => (
  <span className="risk">
    <Badge look={RISKS[level]} /> <code className="soft">{level}</code> ·
  </span>
);

/** The call as it was hashed; every character of it can be seen. */
function Asked({ approval, seal }: { readonly approval: Approval; readonly seal: Seal }) {
  const input = approval.preview?.input;
  if (approval.preview_text === null)
    return <p className="problem">What was asked is gone, so nobody may approve it.</p>;
  return (
    <section>
      <Fields of={fieldsOf(input)} />
      <SealLine seal={seal} stated={approval.preview_sha256} />
      <details>
        <summary>the whole text that is hashed</summary>
        <pre className="json">
          <Seen text={approval.preview_text} />
        </pre>
      </details>
    </section>
  );
}

const Fields = ({ of }: { readonly of: readonly Field[] }) => (
  <dl className="asked">
    {of.map(({ path, text, kind, reads }) => (
      <div key={path} className={kind}>
        <dt>{path}</dt>
        <dd>
          <Seen text={text} />
          {reads === null ? null : <span className="soft reads"> = {reads}</span>}
        </dd>
      </div>
    ))}
  </dl>
);

/** Text with what hides in it drawn. */
const Seen = ({ text }: { readonly text: string }) => {
  let at = 0;
  return stretchesOf(text).map(({ text: part, isHidden }) => {
    at += part.length;
    return isHidden ? (
      <mark key={at} title="a character that cannot be seen">
        {part}
      </mark>
    ) : (
      <span key={at}>{part}</span>
    );
  });
};

function About({ approval }: { readonly approval: Approval }) {
  const base = approval.preview?.base;
  return (
    <dl className="facts">
      <dt>asked by</dt>
      <dd>
        {approval.requested_by}, <Time at={approval.created_at} />
      </dd>
      <dt>for</dt>
      <dd>
        <RunLink run={approval.run_id}>step {approval.step_id} of its run</RunLink>
      </dd>
      <dt>touches</dt>
      <dd>{Array.isArray(base) && base.length > 0 ? base.map(baseText).join(", ") : "nothing that could drift"}</dd>
      {approval.status === "PENDING" ? (
        <>
          <dt>expires</dt>
          <dd>
            <Countdown at={approval.timeout_at} />
          </dd>
        </>
      ) : null}
      {approval.void_reason === null ? null : (
        <>
          <dt>voided</dt>
          <dd className="bad">{approval.void_reason}</dd>
        </>
      )}
    </dl>
  );
}

function baseText(base: unknown): string {
  if (typeof base !== "object" || base === null) return "";
  const { entity_id = "", version = "" } = { entity_id: "", version: "", ...base };
  return `${String(entity_id)} at version ${String(version)}`;
}

/** Who may decide, and who has; an approval that was handed on to others starts anew with them. */
function Decisions({ approval }: { readonly approval: Approval }) {
  const { decisions, escalation_level, required_approvers } = approval;
  const approved_by = decisions.flatMap((one) =>
    one.decision === "APPROVE" && one.escalation_level === escalation_level ? [one.approver] : [],
  );
  return (
    <div>
      <p>
        <Seats given={approved_by.length} needed={required_approvers} />{" "}
        <strong>{given({ approved_by, required_approvers })}</strong>
        <span className="soft">
          {" "}
          · by {approval.authorized_approvers.join(" or ")}
          {required_approvers > 1 ? ", each another person" : ""}
        </span>
      </p>
      <ul className="plain">
        {decisions.map(({ approver, decision, reason, at }) => (
          <li key={approver + at}>
            <strong>{approver}</strong> {decision === "APPROVE" ? "approved" : "denied"} <Time at={at} />
            {reason === null ? "" : `: ${reason}`}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A mark for each person needed, filled for those who have approved. */
const Seats = ({ given: filled, needed }: { readonly given: number; readonly needed: number }) => (
  <span className="seats" aria-hidden="true">
    {"●".repeat(Math.min(filled, needed))}
    {"○".repeat(Math.max(0, needed - filled))}
  </span>
);

interface DecideProps {
  readonly approval: Approval;
  readonly asked: Decision;
  readonly onClose: () => void;
}

/** The decision names the digest of what was seen: whatever was changed since is refused. */
function DecideDialog({ approval, asked, onClose }: DecideProps) {
  const isApproval = asked === "APPROVE";
  return (
    <ActDialog
      title={isApproval ? `Approve ${approval.tool_name}?` : `Deny ${approval.tool_name}?`}
      verb={isApproval ? "approve exactly this" : "deny"}
      isGrave={!isApproval}
      needsReason={!isApproval}
      onClose={onClose}
      onConfirm={(reason, act) => {
        const { approval_id, token, preview_sha256 } = approval;
        const said = reason === "" ? {} : { reason };
        return act(`/v1/approvals/${approval_id}/decision`, { decision: asked, token, preview_sha256, ...said });
      }}
    >
      <Fields of={fieldsOf(approval.preview?.input).filter(({ kind }) => kind !== "plain")} />
      <p className="soft">
        digest <code>{approval.preview_sha256.slice(0, 16)}…</code>
      </p>
    </ActDialog>
  );
}
