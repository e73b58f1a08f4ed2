import { ApiError } from "../../api/client.ts";
import type { Replay, Run, RunAction, Takeover, Upgrade } from "../../api/wire.ts";
import type { ActOnce } from "../../ui/dialog.tsx";

/** What a person adds to an act that needs to be told more than a reason. */
export interface Given {
  readonly event: string;
  readonly applied: "yes" | "no";
  readonly output: string;
}

export interface Acting {
  readonly act: ActOnce;
  readonly run: Run;
  readonly reason: string;
  readonly given: Given;
}

/** An act of a person on a run. */
export interface Act {
  readonly key: string;
  readonly verb: (run: Run) => string;
  readonly title: (run: Run) => string;
  readonly isGrave: boolean;
  /** Null: none is asked. */
  readonly needsReason: boolean | null;
  readonly asks: "event" | "effect" | null;
  /** Does it, and says what came of it. Throws `ApiError`. */
  readonly done: (acting: Acting) => Promise<string>;
}

const isBlocked = ({ status }: Run): boolean => status === "BLOCKED";

const told = async ({ act, run }: Acting, verb: string, body: object): Promise<string> => {
  await act(`/v1/runs/${run.run_id}/${verb}`, body);
  return "it was told, and acts on it next";
};

/** Every act, by the name under which the server says whether it is allowed. */
export const ACTS: { readonly [A in RunAction["name"]]: Act } = {
  replay: {
    key: "p",
    verb: () => "replay",
    title: () => "Replay",
    isGrave: false,
    needsReason: null,
    asks: null,
    done: async ({ act, run }) => replaySaid(await act<Replay>(`/v1/runs/${run.run_id}/replay`, {})),
  },
  resume: {
    key: "r",
    verb: (run) => (isBlocked(run) ? "retry" : "resume"),
    title: (run) => (isBlocked(run) ? "Retry" : "Resume"),
    isGrave: false,
    needsReason: null,
    asks: null,
    done: (acting) => told(acting, "resume", {}),
  },
  signal: {
    key: "s",
    verb: () => "tell an event",
    title: () => "Tell an event to",
    isGrave: false,
    needsReason: null,
    asks: "event",
    done: (acting) => told(acting, "signal", { event_type: acting.given.event.trim() }),
  },
  resolve: {
    key: "e",
    verb: () => "settle the effect",
    title: () => "Settle an effect of",
    isGrave: true,
    needsReason: null,
    asks: "effect",
    done: (acting) => {
      const { applied, output } = acting.given;
      const found = applied === "yes" ? { applied: true, output: parsedObject(output) } : { applied: false };
      return told(acting, "resolve", found);
    },
  },
  requeue: {
    key: "q",
    verb: () => "start again",
    title: () => "Start again",
    isGrave: false,
    needsReason: true,
    asks: null,
    done: async ({ act, run, reason }) => {
      const letter = run.dead_letters.find(({ kind }) => kind === "retry")?.dead_letter_id ?? "";
      const path = `/v1/dead-letters/${letter}/requeue`;
      const { requeued_as } = await act<Run["dead_letters"][number]>(path, { reason });
      return `started again as \`${requeued_as ?? ""}\``;
    },
  },
  takeover: {
    key: "t",
    verb: () => "take over",
    title: () => "Take over",
    isGrave: true,
    needsReason: true,
    asks: null,
    done: async ({ act, run, reason }) => {
      const body = { override: "force", reason, epoch: run.lease.epoch };
      return takeoverSaid(await act<Takeover>(`/v1/runs/${run.run_id}/takeover`, body));
    },
  },
  upgrade: {
    key: "u",
    verb: () => "upgrade",
    title: () => "Upgrade",
    isGrave: false,
    needsReason: null,
    asks: null,
    done: async ({ act, run }) => {
      const { result, to } = await act<Upgrade>(`/v1/runs/${run.run_id}/upgrade`, {});
      return result === "held" ? "a worker has it just now: ask again" : `${result}: version \`${to.slice(0, 12)}\``;
    },
  },
  cancel: {
    key: "x",
    verb: () => "cancel the run",
    title: () => "Cancel",
    isGrave: true,
    needsReason: true,
    asks: null,
    done: (acting) => told(acting, "cancel", { reason: acting.reason }),
  },
};

/** What a replay found, in one sentence. */
export function replaySaid({ identical, verdict, drift, events, first }: Replay): string {
  if (identical) return `replayed: all ${events} events are decided alike`;
  const where = first === null ? "" : ` from event ${first.seq}, \`${first.type}\` at \`${first.field_path}\``;
  return verdict === "equal"
    ? `replayed: what happened is the same; ${drift} differs${where}`
    : `replayed: another course is taken${where} (${drift})`;
}

/** What became of a takeover, in one sentence. */
export function takeoverSaid({ takeover, decision_reason_code, warnings }: Takeover): string {
  if (takeover === null) return `left to its holder: ${decision_reason_code}`;
  const steps = [...takeover.adopted_step_ids, ...takeover.failed_step_ids].map((step) => `\`${step}\``).join(", ");
  const about = steps === "" ? "" : `; in its hands was ${steps}`;
  return `taken over: the next worker goes on with it${about}${warnings.length === 0 ? "" : ` (${warnings.join(", ")})`}`;
}

/** What is no object of JSON is refused here as the server would refuse it. */
export function parsedObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // told below, as anything else that is no object
  }
  const detail = "the output is no object of JSON";
  throw new ApiError({ code: "REQUEST_INVALID", detail, remedy: 'write it as {"name": "value"}' }, 400);
}
