import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { useRead, useTenant } from "../../api/query.ts";
import type { ApprovalSummary, Approvals } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { useKeys } from "../../ui/keys.ts";
import { Time } from "../../ui/time.tsx";
import { APPROVAL_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { ApprovalPanel } from "./approval.tsx";
import { given } from "./given.ts";

/** What waits for a decision, the oldest first; beside it, the one that is looked at. */
export function InboxScreen() {
  const { all = false, approval } = useSearch({ from: "/t/$tenant/inbox" });
  const query = useRead<Approvals>(`/v1/approvals?limit=200${all ? "" : "&status=PENDING"}`);
  return (
    <section className="inbox">
      <div className="heading">
        <h1>Inbox</h1>
        <Which all={all} />
      </div>
      <View
        query={query}
        empty={{
          when: ({ approvals }) => approvals.length === 0 && approval === undefined,
          says: all ? "Nobody was asked for an approval yet." : "Nothing waits for you.",
          command: "countermark approvals --status PENDING",
        }}
      >
        {({ approvals }) => <Letters approvals={all ? approvals.toReversed() : approvals} />}
      </View>
    </section>
  );
}

function Which({ all }: { readonly all: boolean }) {
  const navigate = useNavigate({ from: "/t/$tenant/inbox" });
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={all}
        onChange={({ target }) => void navigate({ search: { all: target.checked ? true : undefined } })}
      />
      decided ones too
    </label>
  );
}

const WORDS = { j: "the next letter", k: "the letter before", Enter: "into the letter" } as const;

/** What is looked at stays in sight whatever becomes of it: a letter never turns into another under somebody's hand. */
function Letters({ approvals }: { readonly approvals: readonly ApprovalSummary[] }) {
  const navigate = useNavigate({ from: "/t/$tenant/inbox" });
  const { approval: shown } = useSearch({ from: "/t/$tenant/inbox" });
  const first = approvals[0]?.approval_id;
  useEffect(() => {
    if (shown === undefined && first !== undefined)
      void navigate({ search: (held) => ({ ...held, approval: first }), replace: true });
  }, [shown, first, navigate]);
  const keys = useMemo(() => {
    const at = approvals.findIndex(({ approval_id }) => approval_id === shown);
    const look = (step: number) => (): void => {
      const next = approvals[Math.min(approvals.length - 1, Math.max(0, at + step))];
      if (next !== undefined) void navigate({ search: (held) => ({ ...held, approval: next.approval_id }) });
    };
    const enter = (): void => document.querySelector<HTMLElement>(".panel")?.focus();
    return { j: look(1), k: look(-1), Enter: enter };
  }, [approvals, shown, navigate]);
  useKeys(keys, WORDS);
  return (
    <div className="split">
      <ul aria-label="approvals">
        {approvals.map((one) => (
          <LetterRow key={one.approval_id} approval={one} isShown={one.approval_id === shown} />
        ))}
      </ul>
      {shown === undefined ? null : <ApprovalPanel key={shown} id={shown} />}
    </div>
  );
}

function LetterRow({ approval, isShown }: { readonly approval: ApprovalSummary; readonly isShown: boolean }) {
  const tenant = useTenant();
  return (
    <li>
      <Link
        to="/t/$tenant/inbox"
        params={{ tenant }}
        search={(held) => ({ ...held, approval: approval.approval_id })}
        className={isShown ? "letter shown" : "letter"}
        aria-current={isShown}
      >
        <strong>{approval.tool_name}</strong>
        <Badge look={APPROVAL_LOOKS[approval.status]} />
        <span className="soft">
          {approval.requested_by} · <Time at={approval.created_at} />
          {approval.required_approvers > 1 ? ` · ${given(approval)}` : ""}
        </span>
      </Link>
    </li>
  );
}
