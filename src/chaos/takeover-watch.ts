import { type Instant, isJsonObject, type Json, type JsonObject, parseInstant } from "../contracts/index.ts";
import type { RunState } from "../run/index.ts";
import type { AssertionId, Judge, Violation } from "./assertions.ts";
import type { SeenEvent, SeenRun } from "./queries.ts";

/** A takeover as it is on record. */
export interface ToldTakeover {
  readonly reason: string;
  /** The first step that went on under the fresh lease; null where none was in hand. */
  readonly resumedAt: string | null;
}

interface Hold {
  /** When each epoch was taken from a holder that had not given the run back. */
  readonly taken: Map<number, Instant>;
  readonly reported: Set<number>;
  /** Steps that are lost, and whether a lease was registered since. */
  readonly lost: Map<string, boolean>;
  decided: string | null;
}

/** What an entry came upon. */
interface Before {
  /** The run's state before it. */
  readonly stateBefore: () => RunState;
  readonly at: Instant;
}

/** Judges what is on record about takeovers against the claims that were seen. */
export class TakeoverWatch {
  readonly #judge: Judge;
  readonly #holds = new Map<string, Hold>();
  #told: ToldTakeover | null = null;

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  /** The last one that was reported. */
  get told(): ToldTakeover | null {
    return this.#told;
  }

  /** A claim of a run whose holder had not given it back. */
  claimed(run: SeenRun, at: Instant): readonly Violation[] {
    this.#hold(run.run_id).taken.set(run.lease_epoch, at);
    const lasts = run.worker_id !== null && run.due_at !== null && run.due_at > at;
    return this.#check(lasts, "CONT-008", `${run.run_id}: the successor's lease is over as it begins`);
  }

  /** An entry of a run. */
  entry(event: SeenEvent, payload: JsonObject, { stateBefore, at }: Before) {
    const hold = this.#hold(event.stream);
    switch (event.type) {
      case "takeover.decided":
        hold.decided = textIn(payload, "decision_reason_code");
        return [];
      case "lease.taken_over":
        return this.#taken(event.stream, hold, { payload, state: stateBefore(), at });
      case "lease.not_adopted":
        hold.lost.set(event.step ?? "", false);
        return [];
      case "lease.registered":
        return this.#registered(event.stream, hold, { payload, state: stateBefore() });
      default:
        return this.#progress(event, hold);
    }
  }

  /** At the end: what was taken over is on record. */
  end(): readonly Violation[] {
    return [...this.#holds].flatMap(([run, { taken, reported }]) =>
      [...taken.keys()].flatMap((epoch) =>
        this.#check(reported.has(epoch), "CONT-001", `${run}: nothing tells that epoch ${epoch} was a takeover`),
      ),
    );
  }

  #taken(
    run: string,
    hold: Hold,
    { payload, state, at }: { readonly payload: JsonObject; readonly state: RunState; readonly at: Instant },
  ): readonly Violation[] {
    const epoch = Number(payload.epoch_after);
    const reason = textIn(payload, "reason_code") ?? "";
    const isNew = !hold.reported.has(epoch);
    hold.reported.add(epoch);
    this.#told = { reason, resumedAt: null };
    const times = ["stale_since", "detected_at", "decision_at", "takeover_at"].map((name) => timeIn(payload, name));
    const isOrdered = times.every((time, index) => time >= (times[index - 1] ?? 0)) && (times.at(-1) ?? 0) <= at;
    const isJust = reason === "HEARTBEAT_STALE" || reason.startsWith("INVALID_LEASE_");
    const steps = { adopted: payload.adopted_step_ids, failed: payload.failed_step_ids };
    return [
      this.#check(
        hold.taken.get(epoch) === timeIn(payload, "detected_at"),
        "CONT-001",
        `${run}: epoch ${epoch} was not taken over then`,
      ),
      this.#check(isJust && reason === hold.decided, "CONT-005", `${run}: was taken over for \`${reason}\``),
      this.#check(isNew, "CONT-006", `${run}: the takeover of epoch ${epoch} is reported again`),
      this.#check(
        isSame(steps.failed, inHand(state)) && isSame(steps.adopted, []),
        "CONT-007",
        `${run}: lists other steps than ${inHand(state).join(", ")}`,
      ),
      this.#check(isOrdered, "CONT-018", `${run}: times of epoch ${epoch} are in another order`),
    ].flat();
  }

  #registered(
    run: string,
    { lost }: Hold,
    { payload, state }: { readonly payload: JsonObject; readonly state: RunState },
  ): readonly Violation[] {
    for (const step of lost.keys()) lost.set(step, true);
    const { resumed_step_ids: resumed = null } = payload;
    const [first = null] = Array.isArray(resumed) ? resumed : [];
    if (this.#told !== null) this.#told = { ...this.#told, resumedAt: typeof first === "string" ? first : null };
    return this.#check(
      isSame(resumed, inHand(state)),
      "CONT-002",
      `${run}: goes on with other steps than were in hand`,
    );
  }

  #progress({ stream, step, type }: SeenEvent, { lost }: Hold): readonly Violation[] {
    const isRegistered = step === null ? undefined : lost.get(step);
    if (isRegistered === undefined) return [];
    return this.#check(
      isRegistered,
      "CONT-019",
      `${stream}: ${type} of \`${step}\`, which was lost and under no lease`,
    );
  }

  #hold(run: string): Hold {
    const known = this.#holds.get(run);
    if (known !== undefined) return known;
    const hold: Hold = { taken: new Map(), reported: new Set(), lost: new Map(), decided: null };
    this.#holds.set(run, hold);
    return hold;
  }

  #check(isSo: boolean, assertion: AssertionId, message: string): readonly Violation[] {
    return this.#judge.check(isSo, { rule: "N8", assertion }, message);
  }
}

const IN_HAND: ReadonlySet<string> = new Set(["ready", "retry", "asking", "unknown"]);

/** Steps that are lost with whoever holds the run: those that wait for people, events or time are in nobody's hand. */
const inHand = ({ lanes }: RunState): readonly string[] =>
  [...new Set(Object.values(lanes).flatMap(({ step, phase }) => (IN_HAND.has(phase.kind) ? (step ?? []) : [])))].sort();

const isSame = (told: Json | undefined, steps: readonly string[]): boolean =>
  JSON.stringify(told) === JSON.stringify(steps);

const textIn = (payload: JsonObject, name: string): string | null => {
  const value = payload[name];
  return typeof value === "string" ? value : null;
};

/** The instant at a member; NaN, which is in no order, where there is none. */
const timeIn = (payload: JsonObject, name: string): number => parseInstant(textIn(payload, name) ?? "") ?? Number.NaN;

/** A payload as an object; null where its text cannot be read as one. */
export function readable(text: string): JsonObject | null {
  try {
    const value: Json = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null; // that it cannot be read is what is asked
  }
}
