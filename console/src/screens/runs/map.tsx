import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Run, RunTimeline, RunWorkflow } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { Graph } from "../../ui/graph/graph.tsx";
import { IdLink } from "./id-link.tsx";
import { type Place, pictureOfPath, placesOf } from "./path.ts";

interface PathMapProps {
  readonly run: Run;
  readonly workflow: RunWorkflow;
  readonly moves: RunTimeline["moves"];
}

/** The workflow as a graph, with the way that the run took; a step that is chosen is told beneath. */
export function PathMap({ run, workflow, moves }: PathMapProps) {
  const navigate = useNavigate({ from: "/t/$tenant/runs/$run" });
  const { step } = useSearch({ from: "/t/$tenant/runs/$run" });
  const places = useMemo(() => placesOf({ ...workflow, moves }, run), [workflow, moves, run]);
  const { nodes, edges } = useMemo(() => pictureOfPath({ ...workflow, moves }, places), [workflow, moves, places]);
  const place = places.find(({ id }) => id === step);
  return (
    <>
      <Graph
        name={`${workflow.name}, and the way that this run took`}
        nodes={nodes}
        edges={edges}
        chosen={step}
        onChoose={(id) =>
          void navigate({
            search: (held) => ({ ...held, step: id === step ? undefined : id }),
            replace: true,
            resetScroll: false,
          })
        }
      />
      {place === undefined ? null : <StepFacts run={run} workflow={workflow} place={place} />}
    </>
  );
}

interface StepProps {
  readonly run: Run;
  readonly workflow: RunWorkflow;
  readonly place: Place;
}

function StepFacts({ run, workflow, place: { id, look, visits } }: StepProps) {
  const step = workflow.steps.find((one) => one.id === id);
  const done = run.steps[id];
  if (step === undefined) return null;
  const facts: readonly (readonly [name: string, text: string | null])[] = [
    [step.type.toLowerCase(), step.about],
    ["may do", step.side_effect_level],
    ["undone by", step.undone_by],
    ["came here", visits === 0 ? "never" : visits === 1 ? "once" : `${visits} times`],
    ["attempts", done === undefined ? null : String(done.attempts)],
  ];
  return (
    <aside className="step-facts" aria-label={`step ${id}`}>
      <h3>
        {id} <Badge look={look} />
      </h3>
      <dl className="facts">
        {facts.map(([name, text]) =>
          text === null ? null : (
            <div key={name} className="pair">
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ),
        )}
        {done?.receipt_id == null ? null : (
          <div className="pair">
            <dt>receipt</dt>
            <dd>
              <IdLink named={{ kind: "receipts", id: done.receipt_id }} runId={run.run_id} />
            </dd>
          </div>
        )}
      </dl>
    </aside>
  );
}
