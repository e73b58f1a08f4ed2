import type { Run, RunTimeline, RunWorkflow } from "../../api/wire.ts";
import type { GraphEdge, GraphNode } from "../../ui/graph/graph.tsx";
import type { Look, Tone } from "../../ui/tone.ts";

/** A step of a run's workflow, and what the run has to do with it. */
export interface Place {
  readonly id: string;
  readonly look: Look;
  /** How often the run came there. */
  readonly visits: number;
  readonly says: string;
}

/** A workflow, and how a run moved in it. */
type Walked = RunWorkflow & Pick<RunTimeline, "moves">;

type Standing = Pick<Run, "steps" | "lanes">;

const NOT_YET: Look = { label: "not reached", tone: "idle" };
const PASSED: Look = { label: "passed", tone: "good" };

/** Phases of a lane that is still on its way, as they look. */
const PHASES: { readonly [P in Run["lanes"][number]["phase"]]: readonly [label: string, tone: Tone] | null } = {
  ready: ["at work", "busy"],
  retry: ["tries again", "wait"],
  asking: ["asks a person", "wait"],
  interrupted: ["waits for people", "wait"],
  approval: ["awaits approval", "wait"],
  waiting: ["waits", "wait"],
  branching: ["in its branches", "busy"],
  unknown: ["effect unknown", "bad"],
  failed: ["failed", "bad"],
  ignored: ["failed, let be", "idle"],
  cancelled: ["cancelled", "idle"],
  succeeded: null,
};

const DONE: { readonly [S in Run["steps"][string]["status"]]: Look } = {
  succeeded: { label: "succeeded", tone: "good" },
  failed: { label: "failed", tone: "bad" },
  compensated: { label: "undone", tone: "idle" },
  compensation_failed: { label: "could not be undone", tone: "bad" },
};

/** Every step of a workflow with how a run stands to it. */
export function placesOf({ steps, moves }: Walked, run: Standing): readonly Place[] {
  return steps.map(({ id, type, about }) => {
    const visits = moves.reduce((sum, { to, times }) => (to === id ? sum + times : sum), 0);
    const look = lookOf(id, visits, run);
    const often = visits > 1 ? `, ${visits} times` : "";
    return { id, look, visits, says: `${id}: ${type.toLowerCase()} ${about}, ${look.label}${often}` };
  });
}

function lookOf(id: string, visits: number, { steps, lanes }: Standing): Look {
  const lane = lanes.find(({ step }) => step === id);
  const phase = lane === undefined ? null : PHASES[lane.phase];
  if (phase !== null) return { label: phase[0], tone: phase[1] };
  const done = steps[id];
  if (done !== undefined) return DONE[done.status];
  return visits > 0 ? PASSED : NOT_YET;
}

const LABELS: { readonly [W in RunWorkflow["ways"][number]["when"]]: string | undefined } = {
  next: undefined,
  branch: undefined,
  true: "yes",
  false: "no",
  timeout: "too late",
  failure: "failed",
};

/** The workflow as a picture: steps and ways, those that the run took standing out. */
export function pictureOfPath(
  workflow: Walked,
  places: readonly Place[],
): { readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] } {
  const { steps, ways, moves } = workflow;
  const taken = (from: string, to: string): number =>
    moves.find((move) => move.from === from && move.to === to)?.times ?? 0;
  return {
    nodes: steps.map(({ id, about }, index) => {
      const place = places[index];
      return {
        id,
        label: id,
        detail: about,
        tone: place?.look.tone,
        isOnPath: (place?.visits ?? 0) > 0,
        says: place?.says ?? id,
      };
    }),
    edges: ways.map(({ from, to, when }) => {
      const times = taken(from, to);
      const label = [LABELS[when], times > 1 ? `${times}×` : undefined].filter((part) => part !== undefined).join(" ");
      return {
        from,
        to,
        isOnPath: times > 0,
        isAside: when === "failure" || when === "timeout",
        ...(label === "" ? {} : { label }),
      };
    }),
  };
}
