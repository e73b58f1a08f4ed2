import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { read } from "../../api/client.ts";
import { useTenant } from "../../api/query.ts";
import { useGrants } from "../../api/right.ts";
import type { Series } from "../../api/wire.ts";
import { countText } from "../../ui/count.ts";
import { costText, totalOf } from "./figures.ts";

interface RowProps {
  readonly tenant: string;
  readonly series: Pick<Series, "workflows">;
}

/** What a tenant's runs came to, as a row under those of its workflows. */
const Row = ({ tenant, series: { workflows } }: RowProps) => (
  <>
    <td className="number">{countText(totalOf(workflows, "runs"))}</td>
    <td className="number">{countText(totalOf(workflows, "unexpected_failures"))}</td>
    <td className="roomy" />
    <td />
    <td className="number" aria-label={`cost of ${tenant}`}>
      {costText(totalOf(workflows, "cost_micros"))}
    </td>
  </>
);

/** The tenant as a whole, and beside it the others that the reader is signed in to, in the same time. */
export function TenantCosts({ series, path }: { readonly series: Series; readonly path: string }) {
  const tenant = useTenant();
  // Who administers the installation has no runs.
  const others = useGrants().filter(({ tenant_id, role }) => tenant_id !== tenant && role !== "installer");
  const found = useQueries({
    queries: others.map(({ tenant_id }) => ({
      queryKey: ["calm", tenant_id, path],
      queryFn: (): Promise<Series> => read<Series>(tenant_id, path),
    })),
  });
  return (
    <tfoot>
      <tr>
        <th>{tenant}, all of it</th>
        <Row tenant={tenant} series={series} />
      </tr>
      {others.map(({ tenant_id }, index) => {
        const { data, error } = found[index] ?? {};
        return (
          <tr key={tenant_id}>
            <th>
              <Link to="/t/$tenant/health" params={{ tenant: tenant_id }} search={(held) => held}>
                {tenant_id}
              </Link>
            </th>
            {data === undefined ? <td colSpan={5}>{sayOf(error)}</td> : <Row tenant={tenant_id} series={data} />}
          </tr>
        );
      })}
    </tfoot>
  );
}

const sayOf = (error: Error | null | undefined): string => (error == null ? "reading …" : error.message);
