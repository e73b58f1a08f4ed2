import { Link, useSearch } from "@tanstack/react-router";
import { useRead, useTenant } from "../../api/query.ts";
import type { ReceiptsBook } from "../../api/wire.ts";
import { amountText } from "../../ui/amount.ts";
import { useAsk } from "../../ui/ask.ts";
import { Badge } from "../../ui/badge.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Choice, TextField } from "../../ui/field.tsx";
import { shortId } from "../../ui/id.ts";
import { Pager } from "../../ui/pager.tsx";
import { Time } from "../../ui/time.tsx";
import { RECEIPT_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { type LedgerSearch, pathWith } from "./search.ts";
import "../../ui/table.css";

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
            <ReceiptTable receipts={receipts} />
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

const ReceiptTable = ({ receipts }: { readonly receipts: readonly Receipt[] }) => (
  <div className="scroll">
    <table className="dense">
      <thead>
        <tr>
          <th>state</th>
          <th>effect</th>
          <th className="number">amount</th>
          <th className="mid">at the provider</th>
          <th className="mid">known by</th>
          <th className="wide">result</th>
          <th>run</th>
          <th>when</th>
        </tr>
      </thead>
      <tbody>
        {receipts.map((receipt) => (
          <ReceiptLine key={receipt.receipt_id} receipt={receipt} />
        ))}
      </tbody>
    </table>
  </div>
);

function ReceiptLine({ receipt }: { readonly receipt: Receipt }) {
  const tenant = useTenant();
  const { amount_minor: minor, currency } = receipt;
  return (
    <tr>
      <td>
        <Badge look={RECEIPT_LOOKS[receipt.status]} />
      </td>
      <td>
        {receipt.tool_name} <span className="soft">{receipt.step_id}</span>
      </td>
      <td className="number">{minor === null ? "" : <strong>{amountText(minor, currency ?? "")}</strong>}</td>
      <td className="mid">
        {receipt.external_provider ?? <span className="soft">nowhere outside</span>}{" "}
        {receipt.external_transaction_id === null ? null : <Digest text={receipt.external_transaction_id} shown={18} />}
      </td>
      <td className="mid soft">
        {receipt.status_source}, <Time at={receipt.status_at} />
      </td>
      <td className="wide">
        <Digest text={receipt.result_sha256} shown={8} />
      </td>
      <td>
        <Link to="/t/$tenant/runs/$run" params={{ tenant, run: receipt.run_id }} title={receipt.run_id}>
          <code>{shortId(receipt.run_id)}</code>
        </Link>
      </td>
      <td className="moment">
        <Time at={receipt.created_at} />
      </td>
    </tr>
  );
}
