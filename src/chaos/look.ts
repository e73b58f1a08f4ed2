import { formatInstant, type Instant, type JsonObject } from "../contracts/index.ts";
import type { StoredEvent } from "../ledger/index.ts";
import type { LeaseRecord, TakeoverOutcome } from "../worker/index.ts";
import type { AssertionId, Judge, Violation } from "./assertions.ts";
import { readable } from "./takeover-watch.ts";

/** What a look at a run's holder is to come to. */
export interface ExpectedLook {
  readonly action: TakeoverOutcome["action"];
  /** Why. */
  readonly code: string;
  readonly heartbeat: string;
  readonly lease: TakeoverOutcome["lease_reason_code"];
  readonly adopted?: readonly string[];
  readonly failed?: readonly string[];
  /** The step at which the run goes on; null where nothing was handed over. */
  readonly resumesAt?: string | null;
}

/** A look, and what is on record right after it. */
export interface Look {
  readonly at: Instant;
  readonly outcome: TakeoverOutcome;
  /** The stream of the run. */
  readonly events: readonly StoredEvent[];
  readonly leases: readonly Pick<LeaseRecord, "epoch" | "status" | "expiry">[];
}

/** Judges a look by what was expected of it, and what is on record by what it says of itself. */
export function judgeLook(judge: Judge, expected: ExpectedLook, look: Look): readonly Violation[] {
  const { outcome, events } = look;
  const { takeover } = outcome;
  const check = (isSo: boolean, assertion: AssertionId | null, message: string) =>
    judge.check(isSo, { rule: "N8", assertion }, message);
  const decision = [outcome.action, outcome.decision_reason_code, outcome.heartbeat_status, outcome.lease_reason_code];
  const wanted = [expected.action, expected.code, expected.heartbeat, expected.lease];
  const made = events.filter(({ type }) => type === "lease.taken_over").map(payloadOf);
  const told = made.at(-1);
  const toldAt = takeover === null ? null : formatInstant(takeover.takeover_at);
  return [
    check(isSame(decision, wanted), null, `came to ${decision.join(" ")}, not to ${wanted.join(" ")}`),
    check(
      toldAt === null ? told === undefined || !isNow(told, look.at) : told?.takeover_at === toldAt,
      "CONT-001",
      "the takeover that was made is not the one on record",
    ),
    check(isHandedOver(expected, look), "CONT-002", "the run does not go on where it was handed over"),
    ...(takeover === null || told === undefined
      ? []
      : [
          check(told.reason_code === outcome.decision_reason_code, "CONT-005", "the takeover gives another reason"),
          check(isOnce(made), "CONT-006", "a takeover is on record twice"),
          check(
            isSame(
              [takeover.adopted_step_ids, takeover.failed_step_ids],
              [expected.adopted ?? [], expected.failed ?? []],
            ) && isSame([told.adopted_step_ids, told.failed_step_ids], [expected.adopted ?? [], expected.failed ?? []]),
            "CONT-007",
            `adopted ${takeover.adopted_step_ids.join()}, lost ${takeover.failed_step_ids.join()}`,
          ),
          check(holdsWhatItWasGiven(look), "CONT-008", "the successor does not hold what it was given"),
        ]),
  ].flat();
}

function isHandedOver({ resumesAt = null }: ExpectedLook, { outcome, events, at }: Look): boolean {
  const applied = events.findLast(({ type }) => type === "handoff.applied");
  if (outcome.handoff_resume_step_id !== resumesAt || outcome.handoff_applied !== (resumesAt !== null)) return false;
  const payload = applied === undefined ? {} : payloadOf(applied);
  return resumesAt === null ? !isNow(payload, at) : payload.resume_step_id === resumesAt;
}

/** The leases that a named successor was given are the run's active ones, and last. */
function holdsWhatItWasGiven({ outcome, leases, at }: Look): boolean {
  const active = leases.filter(({ status }) => status === "ACTIVE");
  const given = outcome.leases.map(({ epoch }) => epoch).toSorted();
  return isSame(active.map(({ epoch }) => epoch).toSorted(), given) && active.every(({ expiry }) => expiry > at);
}

const isOnce = (made: readonly JsonObject[]): boolean =>
  new Set(made.map(({ epoch_after }) => epoch_after)).size === made.length;

const isNow = ({ takeover_at }: JsonObject, at: Instant): boolean => takeover_at === formatInstant(at);

const payloadOf = ({ payload }: StoredEvent): JsonObject => readable(payload ?? "{}") ?? {};

const isSame = (found: unknown, wanted: unknown): boolean => JSON.stringify(found) === JSON.stringify(wanted);
