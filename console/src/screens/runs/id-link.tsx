import { Link } from "@tanstack/react-router";
import { useTenant } from "../../api/query.ts";
import { shortId } from "../../ui/id.ts";
import type { Named } from "./ids.ts";

interface IdLinkProps {
  readonly named: Named;
  /** Whose receipts a receipt is found among. */
  readonly runId: string;
}

/** An id as a link to its rows. */
export function IdLink({ named: { kind, id }, runId }: IdLinkProps) {
  const tenant = useTenant();
  const shown = (
    <>
      {kind === "receipts" ? "receipt" : kind} <code className="one-line">{shortId(id)}</code>
    </>
  );
  switch (kind) {
    case "run":
      return (
        <Link to="/t/$tenant/runs/$run" params={{ tenant, run: id }} title={id}>
          {shown}
        </Link>
      );
    case "approval":
      return (
        <Link to="/t/$tenant/inbox" params={{ tenant }} search={{ approval: id, all: true }} title={id}>
          {shown}
        </Link>
      );
    case "bundle":
      return (
        <Link to="/t/$tenant/releases/$bundle" params={{ tenant, bundle: id }} title={id}>
          {shown}
        </Link>
      );
    case "decision":
      return (
        <Link to="/t/$tenant/gates/$evaluation" params={{ tenant, evaluation: id }} title={id}>
          {shown}
        </Link>
      );
    case "receipts":
      return (
        <Link to="/t/$tenant/ledger" params={{ tenant }} search={{ tab: "receipts", run: runId }} title={id}>
          {shown}
        </Link>
      );
    case "correlation":
      return (
        <Link
          to="/t/$tenant/ledger"
          params={{ tenant }}
          search={{ tab: "events", correlation: id, span: "all" }}
          title={id}
        >
          {shown}
        </Link>
      );
  }
}
