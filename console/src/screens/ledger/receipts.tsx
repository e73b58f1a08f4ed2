import { useSearch } from "@tanstack/react-router";
import { pathWith } from "../../api/path.ts";
import { useRead } from "../../api/query.ts";
import type { ReceiptsBook } from "../../api/wire.ts";
import { RunLink } from "../../links.tsx";
import { amountText } from "../../ui/amount.ts";
import { useAsk } from "../../ui/ask.ts";
import { Badge } from "../../ui/badge.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Choice, TextField } from "../../ui/field.tsx";
import { shortId } from "../../ui/id.ts";
import { Pager } from "../../ui/pager.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { RECEIPT_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import type { LedgerSearch } from "./search.ts";

type Receipt = ReceiptsBook["receipts"][number];

/** Every effect on the world with its proof, and what is known of it by now. */
export function ReceiptsBookPart() {
  const search = useSearch({ from: "/t/$tenant/ledger" });
  const ask = useAsk<"/t/$tenant/ledger">();
  const { status, tool, provider, run, before } = search;
  const query = useRead<ReceiptsBook>(
    pathWith("/v1/ledger/receipts", { status, tool, provider, run, before, limit: "100" }),
  );
  return (
    <>
      <Fields search={search} />
      <View
        query={query}
        empty={{
          when: ({ receipts }) => receipts.length === 0,
          says: "No effect is like this.",
          command: "countermark call TOOL --input FILE",
        }}
      >
        {({ receipts, next }) => (
          <>
            <Table columns={COLUMNS} rows={receipts} keyOf={({ receipt_id }) => receipt_id} />
            <Pager isFirst={before === undefined} next={next} onTurn={(before) => ask({ before })} />
          </>
        )}
      </View>
    </>
  );
}

const STATES: readonly (readonly [string, string])[] = [
  ["", "any"],
  ...Object.entries(RECEIPT_LOOKS).map(([status, { label }]) => [status, label] as const),
];

function Fields({ search }: { readonly search: LedgerSearch }) {
  const ask = useAsk<"/t/$tenant/ledger">();
  return (
    <search className="fields">
      <Choice label="state" value={search.status} options={STATES} onChoose={(status) => ask({ status })} />
      <TextField label="tool" value={search.tool} onCommit={(tool) => ask({ tool })} />
      <TextField label="provider" value={search.provider} onCommit={(provider) => ask({ provider })} />
      <TextField label="run" value={search.run} onCommit={(run) => ask({ run })} />
    </search>
  );
}

const COLUMNS: readonly Column<Receipt>[] = [
  { name: "state", cell: ({ status }) => <Badge look={RECEIPT_LOOKS[status]} /> },
  {
    name: "effect",
    cell: ({ tool_name, step_id }) => (
      <>
        {tool_name} <span className="soft">{step_id}</span>
      </>
    ),
  },
  {
    name: "amount",
    kind: "number",
    cell: ({ amount_minor: minor, currency }) =>
      minor === null ? "" : <strong>{amountText(minor, currency ?? "")}</strong>,
  },
  {
    name: "at the provider",
    kind: "mid",
    cell: ({ external_provider: provider, external_transaction_id: id }) => (
      <>
        {provider ?? <span className="soft">nowhere outside</span>}{" "}
        {id === null ? null : <Digest text={id} shown={18} />}
      </>
    ),
  },
  {
    name: "known by",
    kind: "mid soft",
    cell: ({ status_source, status_at }) => (
      <>
        {status_source}, <Time at={status_at} />
      </>
    ),
  },
  { name: "result", kind: "wide", cell: ({ result_sha256 }) => <Digest text={result_sha256} shown={8} /> },
  {
    name: "run",
    cell: ({ run_id }) => (
      <RunLink run={run_id} title={run_id}>
        <code className="one-line">{shortId(run_id)}</code>
      </RunLink>
    ),
  },
  { name: "when", kind: "moment", cell: ({ created_at }) => <Time at={created_at} /> },
];
