import { Link } from "@tanstack/react-router";
import { duration } from "../../../../src/contracts/told-time.ts";
import { useTenant } from "../../api/query.ts";
import type { Series } from "../../api/wire.ts";
import { costText, countText } from "./figures.ts";
import { TenantCosts } from "./tenant-costs.tsx";

/** What each workflow's runs came to in the time of the charts, and each tenant's as a whole. */
export function Costs({ series, path }: { readonly series: Series; readonly path: string }) {
  const { workflows } = series;
  const tenant = useTenant();
  return (
    <section>
      <h2>Workflows</h2>
      {workflows.length === 0 ? (
        <p className="soft">No run ended in this time.</p>
      ) : (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th>workflow</th>
                <th className="number">ended</th>
                <th className="number">failed</th>
                <th className="number roomy">half within</th>
                <th className="number">95 in 100 within</th>
                <th className="number">cost</th>
              </tr>
            </thead>
            <tbody>
              {workflows.map((one) => (
                <tr key={one.workflow_id}>
                  <td>
                    <Link to="/t/$tenant/runs" params={{ tenant }} search={{ workflow: one.workflow_id }}>
                      {one.workflow_id}
                    </Link>
                  </td>
                  <td className="number">{countText(one.runs)}</td>
                  <td className={one.unexpected_failures > 0 ? "number bad" : "number"}>
                    {one.unexpected_failures > 0 ? "✕ " : ""}
                    {countText(one.unexpected_failures)}
                  </td>
                  <td className="number roomy">{one.p50_ms === null ? "" : duration(one.p50_ms)}</td>
                  <td className="number">{one.p95_ms === null ? "" : duration(one.p95_ms)}</td>
                  <td className="number">{costText(one.cost_micros)}</td>
                </tr>
              ))}
            </tbody>
            <TenantCosts series={series} path={path} />
          </table>
        </div>
      )}
    </section>
  );
}

/** Why calls were refused in the time of the charts. */
export function Refusals({ series: { refusals } }: { readonly series: Series }) {
  return (
    <section>
      <h2>Reasons of refusals</h2>
      {refusals.length === 0 ? (
        <p className="soft">No call was refused in this time.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th>code</th>
              <th className="number">calls</th>
            </tr>
          </thead>
          <tbody>
            {refusals.map(({ code, count }) => (
              <tr key={code}>
                <td>
                  <code>{code}</code>
                </td>
                <td className="number">{countText(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
