import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { type ApiError, act } from "../../api/client.ts";
import { RELEASE_STREAMS } from "../../api/query.ts";
import type { Lineage, LineageEdge, LineageNode } from "../../api/wire.ts";
import { BundleLink, DecisionLink, StreamLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Graph } from "../../ui/graph/graph.tsx";
import { View } from "../../ui/view.tsx";
import { pictureOf, placeOf } from "./lineage-graph.ts";
import { shortBundle } from "./names.ts";
import "./releases.css";

/** What a bundle came from and where it went, to be walked: the node that is looked at is in the URL. */
export function LineageScreen() {
  const { tenant, bundle } = useParams({ from: "/t/$tenant/releases/$bundle/lineage" });
  const query = useQuery<{ readonly lineage: Lineage }, ApiError>({
    queryKey: [tenant, "lineage", bundle],
    queryFn: () => act(tenant, "/v1/lineage", { bundle_id: bundle }),
    meta: { of: RELEASE_STREAMS },
  });
  return (
    <section>
      <p className="crumb">
        <BundleLink bundle={bundle}>{shortBundle(bundle)}</BundleLink>
      </p>
      <h1>Lineage</h1>
      <View query={query}>{({ lineage }) => <Walk lineage={lineage} />}</View>
    </section>
  );
}

function Walk({ lineage }: { readonly lineage: Lineage }) {
  const { node: chosen } = useSearch({ from: "/t/$tenant/releases/$bundle/lineage" });
  const navigate = useNavigate({ from: "/t/$tenant/releases/$bundle/lineage" });
  const { nodes, edges } = useMemo(() => pictureOf(lineage, chosen ?? null), [lineage, chosen]);
  const missing = lineage.lineage.edges.filter(({ status }) => status === "missing");
  return (
    <>
      <p className="why">
        <Badge
          look={
            lineage.status === "passed" ? { label: "complete", tone: "good" } : { label: "not complete", tone: "bad" }
          }
        />{" "}
        {missing.length === 0
          ? `every one of its ${lineage.lineage.edges.length} edges was seen in the record`
          : `${missing.length} of ${lineage.lineage.edges.length} edges were not seen in the record`}
      </p>
      <ul className="plain">
        {lineage.completeness_checks
          .filter(({ passed }) => !passed)
          .map(({ check_id, detail }) => (
            <li key={check_id} className="bad">
              ✕ {check_id}: {detail}
            </li>
          ))}
      </ul>
      <Graph
        name="lineage"
        nodes={nodes}
        edges={edges}
        chosen={chosen}
        onChoose={(id) => void navigate({ search: { node: id }, replace: chosen !== undefined })}
      />
      {chosen === undefined ? (
        <p className="soft">choose a node, by mouse or by arrow keys and Enter, to see what it is and where it leads</p>
      ) : (
        <Chosen lineage={lineage} id={chosen} />
      )}
    </>
  );
}

function Chosen({ lineage: { lineage }, id }: { readonly lineage: Lineage; readonly id: string }) {
  const node = lineage.nodes.find((one) => one.id === id);
  const [before, after] = [
    lineage.edges.filter(({ target }) => target === id),
    lineage.edges.filter(({ source }) => source === id),
  ];
  return (
    <article className="panel" aria-label={id}>
      <h2>{id}</h2>
      {node === undefined ? <p className="bad">✕ it is named by an edge, and is not there</p> : <Facts node={node} />}
      <Steps title="it came from" steps={before.map(({ source, ...edge }) => ({ to: source, ...edge }))} />
      <Steps title="it leads to" steps={after.map(({ target, ...edge }) => ({ to: target, ...edge }))} />
    </article>
  );
}

function Facts({ node }: { readonly node: LineageNode }) {
  return (
    <>
      <Way node={node} />
      <dl className="facts">
        {Object.entries(node)
          .filter(([name, value]) => name !== "id" && value !== null && value !== "")
          .map(([name, value]) => (
            <div key={name} className="pair">
              <dt>{name.replaceAll("_", " ")}</dt>
              <dd>{typeof value === "object" ? <code>{JSON.stringify(value)}</code> : String(value)}</dd>
            </div>
          ))}
      </dl>
    </>
  );
}

/** The screen on which a node's own rows are. */
function Way({ node }: { readonly node: LineageNode }) {
  const place = placeOf(node);
  switch (place?.kind) {
    case undefined:
      return null;
    case "evaluation":
      return <DecisionLink evaluation={place.id}>see the decision, gate by gate</DecisionLink>;
    case "bundle":
      return <BundleLink bundle={place.id}>see the bundle</BundleLink>;
    case "environment":
      return (
        <StreamLink stream={`environment:${place.id}`} seq={place.seq}>
          see the move in the ledger
        </StreamLink>
      );
  }
}

interface Step extends Pick<LineageEdge, "relation" | "status" | "evidence"> {
  readonly to: string;
}

interface StepsProps {
  readonly title: string;
  readonly steps: readonly Step[];
}

function Steps({ title, steps }: StepsProps) {
  if (steps.length === 0) return null;
  return (
    <div>
      <h3>{title}</h3>
      <ul className="plain">
        {steps.map(({ to, relation, status, evidence }) => (
          <li key={`${to} ${relation}`} className={status === "missing" ? "bad" : ""}>
            <span className="soft">{relation.replaceAll("_", " ")}</span>{" "}
            <Link from="/t/$tenant/releases/$bundle/lineage" to="." search={{ node: to }}>
              {to}
            </Link>{" "}
            {status === "missing" ? (
              "✕ not seen"
            ) : (
              <code className="soft">{(evidence.digest ?? "").replace("sha256:", "").slice(0, 12)}</code>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
