import type { Refusal } from "../contracts/index.ts";
import type { Role } from "../guard/index.ts";
import type { LetterRow } from "../ledger/index.ts";
import {
  awaitedEvents,
  type CompiledWorkflow,
  currentStep,
  type RunRow,
  type RunState,
  undoPlan,
} from "../run/index.ts";
import type { HeldLease } from "../worker/index.ts";
import { hasRight, type Right, roleRefusal } from "./http/rights.ts";
import { manualLanes, unknownLanes } from "./run-lanes.ts";

export const RUN_ACTIONS = [
  "replay",
  "resume",
  "signal",
  "resolve",
  "requeue",
  "takeover",
  "upgrade",
  "cancel",
] as const;

/** What a person may do to a run, whether its reader may now, and what would happen. */
export interface RunAction {
  readonly name: (typeof RUN_ACTIONS)[number];
  /** Why not; null where its reader may. */
  readonly bar: Refusal | null;
  /** What it would do, a sentence each; none where it is barred. */
  readonly does: readonly string[];
}

export interface ActionFacts {
  readonly row: RunRow;
  readonly state: RunState;
  readonly workflow: CompiledWorkflow;
  /** The run's dead letters that wait for a review. */
  readonly letters: readonly Pick<LetterRow, "dead_letter_id" | "kind" | "step_id">[];
  readonly lease: HeldLease;
  /** Of the version of its pack that takes new runs; null where there is none. */
  readonly newest: string | null;
  readonly role: Role;
}

interface Rule {
  readonly needs: readonly Right[];
  readonly barred: (facts: ActionFacts) => Refusal | null;
  readonly does: (facts: ActionFacts) => readonly string[];
}

/** Everything that can be done to a run. The requests themselves judge again; this only says beforehand what they would say. */
export const actionsOf = (facts: ActionFacts): readonly RunAction[] =>
  RUN_ACTIONS.map((name) => {
    const { needs, barred, does } = RULES[name];
    const bar = hasRight(facts.role, needs) ? barred(facts) : roleRefusal(facts.role, needs);
    return { name, bar, does: bar === null ? does(facts) : [] };
  });

const RULES: { readonly [A in RunAction["name"]]: Rule } = {
  replay: {
    needs: ["read"],
    barred: () => null,
    does: ({ row }) => [
      `all ${row.head_seq} recorded events are decided again, and what comes out is compared with what is recorded`,
      "nothing is called and nothing is changed",
    ],
  },
  resume: {
    needs: ["operate"],
    barred: (facts) =>
      ended(facts) ??
      (facts.row.status === "BLOCKED" || manualLanes(facts.workflow, facts.state).length === 1
        ? null
        : invalid("it is not blocked, and no one step of it waits for a person")),
    does: resumeDoes,
  },
  signal: {
    needs: ["operate"],
    barred: (facts) =>
      ended(facts) ??
      (awaitedEvents(facts.workflow, facts.state).length > 0 ? null : invalid("it waits for no event, now or later")),
    does: ({ workflow, state }) => [
      `it is told that one of these happened: ${awaitedEvents(workflow, state).map(quoted).join(", ")}`,
      "the step that waits for it goes on as if the event had come in",
    ],
  },
  resolve: {
    needs: ["administer"],
    barred: (facts) =>
      ended(facts) ??
      (unknownLanes(facts.state).length === 1 ? null : invalid("there is no one effect of it to settle")),
    does: ({ state }) => [
      `your word settles whether ${quoted(unknownStep(state))} took effect; the provider is not asked again`,
      "applied: the step has succeeded with the output that you give; not applied: it is tried again, or fails",
    ],
  },
  requeue: {
    needs: ["operate"],
    barred: ({ letters, state }) => {
      if (!letters.some(({ kind }) => kind === "retry")) return invalid("no failed step of it waits to be tried again");
      const undone = Object.entries(state.steps).find(([, { status }]) => status.startsWith("compensat"));
      return undone === undefined
        ? null
        : { code: "DEAD_LETTER_NOT_REQUEUABLE", message: `step \`${undone[0]}\` was undone` };
    },
    does: ({ row }) => [
      `a new run of ${quoted(row.workflow_id)} starts with the same input, on the version that takes new runs`,
      "what this run did is found by its keys and not done twice",
      "the dead letter is reviewed, with your reason",
    ],
  },
  takeover: {
    needs: ["administer"],
    barred: (facts) => ended(facts) ?? unheld(facts),
    does: takeoverDoes,
  },
  upgrade: {
    needs: ["operate"],
    barred: (facts) =>
      ended(facts) ??
      (facts.newest === null || facts.newest === facts.row.pack_digest
        ? invalid("it is on the version of its pack that takes new runs")
        : null),
    does: ({ newest }) => [
      `version ${(newest ?? "").slice(0, 12)} decides again all that is recorded of it`,
      "if that comes to the same, the run goes on there; else it finishes on its own version",
    ],
  },
  cancel: { needs: ["operate"], barred: ended, does: cancelDoes },
};

function ended({ row }: ActionFacts): Refusal | null {
  if (row.ended_at === null) return null;
  return { code: "RUN_CLOSED", message: `run \`${row.run_id}\` has ended ${row.status}` };
}

const unheld = ({ lease }: ActionFacts): Refusal | null =>
  lease.worker_id === null
    ? { code: "E_TAKEOVER_FAILED", message: "nobody holds the run, so there is nobody to take it from" }
    : null;

function resumeDoes({ row, state, workflow }: ActionFacts): readonly string[] {
  if (row.status === "BLOCKED") {
    return [
      `a worker takes the run again and goes on${whereOf(state)}`,
      "what was in flight is looked up, or sent again under the same key: it is not done twice",
      "its dead letter is reviewed by this",
    ];
  }
  const [lane] = manualLanes(workflow, state);
  const step = state.lanes[lane ?? ""]?.step ?? null;
  const next = step === null ? undefined : workflow.steps[step]?.definition;
  const after = next?.type === "WAIT" ? next.next_step : undefined;
  return [
    `the wait at ${quoted(step ?? "")} ends now`,
    after === undefined ? "nothing follows it on its path" : `the run goes on at ${quoted(after)}`,
  ];
}

function takeoverDoes({ lease, state }: ActionFacts): readonly string[] {
  return [
    `${quoted(lease.worker_id ?? "")} loses the run at once: whatever it still sends under epoch ${lease.epoch} is refused`,
    `the next worker goes on${whereOf(state)} under a higher epoch`,
    "what was in flight is looked up, or sent again under the same key: it is not done twice",
  ];
}

function cancelDoes({ workflow, state }: ActionFacts): readonly string[] {
  const undone = undoPlan(workflow, state, null);
  const stays = Object.entries(state.steps).flatMap(([step, { receipt_id }]) =>
    receipt_id !== null && !undone.includes(step) ? [step] : [],
  );
  return [
    "it begins no further step; what is in flight is brought to an end first",
    ...undone.map((step) => `${quoted(step)} is undone by ${quoted(workflow.steps[step]?.undo?.tool ?? "")}`),
    ...stays.map((step) => `what ${quoted(step)} did stays: its workflow does not say how to undo it`),
    ...(undone.length + stays.length === 0 ? ["it has had no effect, so nothing is to be undone"] : []),
  ];
}

const whereOf = (state: RunState): string => {
  const step = currentStep(state);
  return step === null ? "" : ` at step ${quoted(step)}`;
};

const unknownStep = ({ lanes, compensation }: RunState): string =>
  Object.values(lanes).find(({ phase }) => phase.kind === "unknown")?.step ??
  compensation?.plan[compensation.at] ??
  "its step";

const quoted = (text: string): string => `\`${text}\``;

const invalid = (message: string): Refusal => ({ code: "REQUEST_INVALID", message });
