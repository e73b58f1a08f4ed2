import { Link } from "@tanstack/react-router";
import { duration } from "../../../../src/contracts/told-time.ts";
import { useTenant } from "../../api/query.ts";
import type { Series } from "../../api/wire.ts";
import { countText } from "../../ui/count.ts";
import { type Column, Table } from "../../ui/table.tsx";
import { costText } from "./figures.ts";
import { TenantCosts } from "./tenant-costs.tsx";

const WORKFLOWS: readonly Column<Series["workflows"][number]>[] = [
  { name: "workflow", cell: ({ workflow_id }) => <WorkflowLink workflow={workflow_id} /> },
  { name: "ended", kind: "number", cell: ({ runs }) => countText(runs) },
  {
    name: "failed",
    kind: "number",
    cell: ({ unexpected_failures: failed }) =>
      failed === 0 ? countText(failed) : <span className="bad">✕ {countText(failed)}</span>,
  },
  { name: "p50", kind: "number roomy", cell: ({ p50_ms }) => (p50_ms === null ? "" : duration(p50_ms)) },
  { name: "p95", kind: "number", cell: ({ p95_ms }) => (p95_ms === null ? "" : duration(p95_ms)) },
  { name: "cost", kind: "number", cell: ({ cost_micros }) => costText(cost_micros) },
];

const WorkflowLink = ({ workflow }: { readonly workflow: string }) => (
  <Link to="/t/$tenant/runs" params={{ tenant: useTenant() }} search={{ workflow }}>
    {workflow}
  </Link>
);

/** What each workflow's runs came to in the time of the charts, and each tenant's as a whole. */
export const Costs = ({ series, path }: { readonly series: Series; readonly path: string }) => (
  <section>
    <h2>Workflows</h2>
    {series.workflows.length === 0 ? (
      <p className="soft">No run ended in this time.</p>
    ) : (
      <Table
        columns={WORKFLOWS}
        rows={series.workflows}
        keyOf={({ workflow_id }) => workflow_id}
        isDense={false}
        foot={<TenantCosts series={series} path={path} />}
      />
    )}
  </section>
);

const REFUSALS: readonly Column<Series["refusals"][number]>[] = [
  { name: "code", cell: ({ code }) => <code>{code}</code> },
  { name: "calls", kind: "number", cell: ({ count }) => countText(count) },
];

/** Why calls were refused in the time of the charts. */
export const Refusals = ({ series: { refusals } }: { readonly series: Series }) => (
  <section>
    <h2>Reasons of refusals</h2>
    {refusals.length === 0 ? (
      <p className="soft">No call was refused in this time.</p>
    ) : (
      <Table columns={REFUSALS} rows={refusals} keyOf={({ code }) => code} isDense={false} />
    )}
  </section>
);
