import { utcText } from "../contracts/index.ts";
import { CONTINUITY_VERSION } from "./continuity-event.ts";
import {
  type DiagnosisFilter,
  type DiagnosisInput,
  type DiagnosisScope,
  EVERYTHING,
  readEvents,
} from "./diagnosis-input.ts";
import { type RuntimePolicy, runtimePolicy } from "./graph-proof.ts";
import { type HeartbeatDiagnostic, heartbeatDiagnostic } from "./heartbeat.ts";
import { isOfRun, type LeaseTransition, leaseTransitions } from "./lease-transition.ts";
import { type TakeoverDiagnostic, takeoverHistory } from "./takeover.ts";
import { isWithin, type OperatorTimeline, operatorTimeline } from "./timeline.ts";
import { type Validation, validated } from "./validation.ts";

/*
 * The diagnosis of a run's continuity.
 *
 * D1  It is a function of its arguments alone: equal input and `generatedAt` give a byte-identical answer, in whatever order
 *     the input came and wherever it is computed.
 * D2  What belongs to other runs changes nothing.
 * D3  A filter narrows what is shown, never what is validated.
 */

export interface DiagnosisReport {
  readonly schema_version: typeof CONTINUITY_VERSION;
  readonly runtime_policy: RuntimePolicy;
  readonly task_id: string;
  readonly run_id: string;
  readonly generated_at: string;
  readonly heartbeat: HeartbeatDiagnostic;
  readonly lease_transitions: readonly LeaseTransition[];
  /** The newest; null where there was none. */
  readonly takeover: TakeoverDiagnostic | null;
  /** All, oldest first. */
  readonly takeover_history: readonly TakeoverDiagnostic[];
  readonly timeline: OperatorTimeline;
}

export interface Diagnosis {
  readonly schema_version: typeof CONTINUITY_VERSION;
  readonly task_id: string;
  readonly run_id: string;
  readonly generated_at: string;
  readonly report: DiagnosisReport;
  readonly validation: Validation;
  readonly evidence: { readonly event_count: number; readonly lease_count: number };
}

export function diagnose(
  input: DiagnosisInput,
  scope: DiagnosisScope,
  filter: DiagnosisFilter = EVERYTHING,
): Diagnosis {
  const read = readEvents(input.events, scope);
  const { events } = read;
  const heartbeat = heartbeatDiagnostic(input.heartbeat, events, scope);
  const transitions = leaseTransitions(input.leases, events, scope);
  const takeovers = takeoverHistory(events, scope);
  const policy = runtimePolicy(input.graph, events);
  const header = {
    schema_version: CONTINUITY_VERSION,
    task_id: scope.taskId,
    run_id: scope.runId,
    generated_at: utcText(scope.generatedAt),
  } as const;
  return {
    ...header,
    report: {
      ...header,
      runtime_policy: policy,
      heartbeat,
      lease_transitions: transitions.filter(
        ({ transition_at, correlation }) =>
          isWithin(transition_at, filter) && (filter.step === null || correlation.step_id === filter.step),
      ),
      takeover: takeovers.at(-1) ?? null,
      takeover_history: takeovers,
      timeline: operatorTimeline(events, scope, filter),
    },
    validation: validated({ scope, input, read, heartbeat, transitions, takeovers, policy }),
    evidence: {
      event_count: events.length,
      lease_count: input.leases.filter((lease) => isOfRun(lease, scope)).length,
    },
  };
}
