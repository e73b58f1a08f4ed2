import { after, assert, type Instant, instant, Stop } from "../contracts/index.ts";
import type { CallNote } from "../guard/index.ts";
import { type InboxEntry, waitingInboxes } from "../ledger/index.ts";
import {
  type Advance,
  advance,
  type CompiledPack,
  type CompiledWorkflow,
  decide,
  evolve,
  type PlannedCall,
  type RunState,
  runBeginning,
  type Stimulus,
} from "../run/index.ts";
import { inTenant } from "../store/index.ts";
import { type Errand, type Errands, GraphStopped, type Written } from "./agent/errand.ts";
import { Alarm } from "./alarm.ts";
import { askToCompensate, closings, isOverdue, overdueApprovals, type Told } from "./approvals.ts";
import { voidedByDrift } from "./ask.ts";
import { attemptCall } from "./attempt.ts";
import { prepareCall } from "./call-desk.ts";
import type { CommitExtras, Intent } from "./commit.ts";
import type { Committer } from "./committer.ts";
import type { ControlRoom, TenantControl } from "./control.ts";
import type { CrashPoint, Reached } from "./crash-point.ts";
import type { Attempted, DeskOptions, Prepared, RunFacts } from "./desk.ts";
import { stimulusOf } from "./inbox.ts";
import { type Lease, whileHeld } from "./lease.ts";
import { resolved } from "./resolve.ts";
import type { RunFile } from "./run-file.ts";
import { type Failure, JUST_RECORD, RunWriter } from "./run-writer.ts";

/**
 * Carries one run forward while its lease lasts: decide, make the calls, commit, until only people, events or time can
 * move it on.
 *
 * R1  What is decided is committed before anything that follows from it is done. READ calls alone run ahead of the commit, by
 *     a few steps: a crash repeats them, and they leave nothing behind that the record would lack.
 * R2  A handler of a tool that writes starts only after the commit of its intent, and only if no claim was lost.
 * R3  A commit that is fenced ends the drive: whatever is still running is aborted, and nothing more is written.
 */

export interface DriverOptions extends DeskOptions {
  readonly committer: Committer;
  readonly control: ControlRoom;
  readonly workerId: string;
  readonly reached: Reached;
}

export interface DriveRequest {
  readonly file: RunFile;
  readonly lease: Lease;
  readonly pack: CompiledPack;
  readonly workflow: CompiledWorkflow;
  readonly control: TenantControl;
  /** Aborts when the worker stops: calls that are made land, no other begins, and the run is given back. */
  readonly stopping: AbortSignal;
}

/**
 * How a drive ended: the run came to rest (ended or waiting), was given back unfinished, or its lease was lost; `fenced` where
 * it tried to write after that, and was refused.
 */
export type DriveEnd = "rested" | "given_back" | "lost" | "fenced";

export const driveRun = (options: DriverOptions, request: DriveRequest): Promise<DriveEnd> =>
  new Drive(options, request).go();

interface Asked {
  readonly errand: Errand;
  readonly resolve: (written: Written) => void;
  readonly reject: (error: unknown) => void;
}

interface Landed {
  readonly planned: PlannedCall;
  readonly attempted: Attempted;
}

/** How long an answer is waited for where nothing else moves the run: beyond every tool's time-out. */
const PATIENCE_MS = 24 * 3_600_000;

/** A call whose guards let it pass and whose intent is still to be made. */
type Start = Extract<Prepared, { readonly kind: "start" }>;

class Drive {
  readonly #options: DriverOptions;
  readonly #request: DriveRequest;
  /** The desk at which calls are made: nothing leaves from it once the lease is over. */
  readonly #desk: DeskOptions;
  /** The call under way on each lane. */
  readonly #inFlight = new Map<string, Stop>();
  readonly #landed: Landed[] = [];
  /** What calls under way ask to have written; done between two answers, so that the run has one writer. W1 */
  readonly #errands: Asked[] = [];
  #failure: Failure | null = null;
  readonly #writer: RunWriter;
  readonly #alarm: Alarm;
  #state: RunState;
  /** The instant at which the run is now. */
  #at: Instant;

  constructor(options: DriverOptions, request: DriveRequest) {
    this.#options = options;
    this.#request = request;
    const { network } = options;
    this.#desk = { ...options, network: { ...network, fetch: whileHeld(request.lease, network.fetch) } };
    const onBroken = (failure: Failure | null) => {
      this.#failure ??= failure;
      this.#alarm.ring();
    };
    const onOutcome = (planned: PlannedCall) => this.#reach("after_outcome", planned);
    this.#alarm = new Alarm(options.host.clock);
    this.#writer = new RunWriter({ ...options, onOutcome, onBroken }, request);
    this.#state = request.file.state;
    this.#at = this.#now();
  }

  async go(): Promise<DriveEnd> {
    const { lost } = this.#request.lease;
    // One listener a drive: a combined signal for each call was a tenth of a step.
    const abortAll = () => {
      this.#abortAll();
      this.#alarm.ring();
    };
    lost.addEventListener("abort", abortAll, { once: true });
    this.#request.lease.onTold = () => this.#alarm.ring();
    try {
      await this.#foldInbox(this.#request.file.inbox);
      if (this.#writer.isFenced) return "fenced"; // R3
      while (!this.#request.stopping.aborted) {
        const rest = await this.#turn();
        if (this.#hasLost()) return this.#loss(); // R3
        if (rest) return "rested";
      }
      return await this.#giveBack();
    } finally {
      lost.removeEventListener("abort", abortAll);
      this.#alarm.off();
      this.#abortAll();
      await this.#writer.settled();
      for (const { reject } of this.#errands.splice(0)) reject(new GraphStopped("E_STALE_WRITER", "the drive is over"));
    }
  }

  #abortAll(): void {
    for (const call of this.#inFlight.values()) call.stop();
  }

  /** One round: decide, prepare what is due, commit, start, and wait for the next answer. True: the run is at rest. */
  async #turn(): Promise<boolean> {
    if (this.#isTold()) await this.#hear();
    if (isOverdue(this.#state, this.#now())) await this.#closeOverdue();
    const next = this.#advance();
    if (this.#mustClose(next)) await this.#writer.commit(this.#state, JUST_RECORD);
    const { revision } = this.#writer.control;
    const starts = new Map<PlannedCall, Start>();
    let later: Instant | null = null;
    let answered = false;
    for (const planned of next.calls) {
      const asked = prepareCall(this.#options, this.#facts(), planned);
      const prepared = asked instanceof Promise ? await asked : asked;
      if (prepared.kind === "start") starts.set(planned, prepared);
      else if (prepared.kind === "later") later = soonest(later, prepared.at);
      else if (prepared.kind === "ask") answered = await this.#ask(prepared);
      else answered = this.#answer(prepared) || answered;
    }
    if (this.#writer.isFenced || (answered && starts.size === 0)) return false;
    await this.#startAll(starts, revision);
    if (this.#writer.isFenced) return false;
    if (this.#inFlight.size > 0) {
      const written = this.#writer.commitBehind(this.#state);
      if (written !== null) await written;
      if (!this.#isTold()) await this.#nextAnswer(soonest(later, next.wake) ?? this.#patience());
      return false;
    }
    if (starts.size > 0 || answered) return false;
    return this.#rest(next, later);
  }

  /** Reads the inbox when a beat found more in it than was folded: a cancellation does not wait for a call to answer. */
  async #hear(): Promise<void> {
    const { tenant_id, run_id } = this.#state;
    await this.#foldInbox(await inTenant(this.#options.database, tenant_id, (sql) => waitingInboxes(sql, [run_id])));
    await this.#writer.commit(this.#state, JUST_RECORD); // so that what was folded is not read again
  }

  /** How an attempt ended is committed before the next one is judged, since the guards read its record back. R1 */
  #mustClose({ calls }: Advance): boolean {
    return this.#writer.hasSettled && calls.some(({ attempt, purpose }) => attempt > 1 || purpose === "retry");
  }

  #advance(): Advance {
    const { workflow, pack } = this.#request;
    const now = this.#at;
    const next = advance(workflow, pack.pack.bounds, this.#state, now, new Set(this.#inFlight.keys()));
    if (next.events.length > 0)
      this.#writer.add(next.events, { ...closings(next.events, next.state), ...this.#children(next) });
    this.#state = next.state;
    for (const lane of next.abandoned) this.#inFlight.get(lane)?.stop();
    if (next.ask === null) return next;
    this.#tell(askToCompensate(this.#options, this.#facts(), next.ask, now));
    return this.#advance();
  }

  /** A rule's time-out is committed before what follows from it, since the guards read the approval back. R1 */
  async #closeOverdue(): Promise<void> {
    const overdue = await overdueApprovals(this.#options, this.#facts(), this.#now());
    for (const told of overdue) this.#tell(told);
    if (overdue.length > 0) await this.#writer.commitEvents(this.#state);
  }

  #tell({ stimulus, extras }: Told): void {
    this.#stimulate(stimulus, extras);
  }

  #children(next: Advance): CommitExtras {
    if (next.startRuns.length === 0) return {};
    const { pack } = this.#request;
    return {
      start_runs: next.startRuns.map((child) => {
        const workflow = pack.workflows[child.workflow];
        assert(workflow !== undefined, "a compiled pack starts only workflows that it has");
        const startKey = `run:${this.#state.run_id}:${child.step}`;
        return runBeginning(
          {
            tenantId: this.#state.tenant_id,
            pack,
            workflow,
            trigger: child.input,
            startKey,
            correlationId: `${this.#state.correlation_id}/${child.step}`,
            principalId: this.#state.principal_id,
            channel: this.#state.channel,
            causation: null,
          },
          this.#options.host,
        );
      }),
    };
  }

  /**
   * Commits a request for approval before the run says that it waits for it; where another run was first, or a guard's facts
   * changed, the call is judged anew. Always true: the run has something to decide.
   */
  async #ask({ stimulus, intent, notes }: Extract<Prepared, { readonly kind: "ask" }>): Promise<true> {
    const result = await this.#writer.commit(this.#state, { intent, release: false, dueAt: null });
    if (result?.kind !== "committed" || result.lostClaim !== null) return true;
    this.#stimulate(stimulus);
    this.#note(notes);
    return true;
  }

  /** Makes each intent in a commit of its own and starts its handler after it; a READ call has none, and waits for none. R1, R2 */
  async #startAll(starts: ReadonlyMap<PlannedCall, Start>, judgedBy: number): Promise<void> {
    for (const [planned, start] of starts) {
      if (start.intent === null) {
        const written = this.#writer.commitBehind(this.#state);
        if (written !== null) await written;
      } else if (!(await this.#makeIntent(planned, start, start.intent))) continue;
      if (this.#writer.isFenced) return;
      // Without an intent nothing claimed the facts that the guards judged by: where they changed, the call is judged anew.
      if (start.intent === null && this.#writer.control.revision !== judgedBy) continue;
      this.#launch(planned, start);
    }
  }

  /** False: a claim was lost, or the run. */
  async #makeIntent(planned: PlannedCall, start: Start, intent: Intent): Promise<boolean> {
    this.#reach("before_intent", planned);
    const result = await this.#writer.commit(this.#state, { intent, release: false, dueAt: null });
    if (result === null || result.kind === "fenced") return false;
    if (result.lostClaim !== null) {
      await this.#lostClaim(planned, start, result.lostClaim);
      return false;
    }
    this.#reach("after_intent", planned);
    return true;
  }

  /** The call is not made. A drifted base voids its approval; every other lost claim has it judged anew. */
  async #lostClaim(planned: PlannedCall, start: Start, claim: string): Promise<void> {
    if (claim !== "base") return;
    const voided = await voidedByDrift(this.#options, planned, start);
    assert(voided.kind === "answer", "a void approval is an answer");
    this.#answer(voided);
  }

  #launch(planned: PlannedCall, start: Start): void {
    const cancelled = new Stop();
    this.#inFlight.set(planned.lane, cancelled);
    void this.#attempt(planned, start, cancelled);
  }

  /** A drive that has ended, fenced or failed, hears nothing of it any more. */
  async #attempt(planned: PlannedCall, start: Start, cancelled: Stop): Promise<void> {
    try {
      const errands = this.#errandsOf(planned);
      const attempted = await attemptCall(this.#desk, this.#facts(), { planned, start, cancelled, errands });
      if (start.intent !== null) this.#reach("after_effect", planned);
      this.#landed.push({ planned, attempted });
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#alarm.ring();
  }

  #errandsOf(planned: PlannedCall): Errands {
    return {
      write: (errand) =>
        new Promise((resolve, reject) => {
          this.#errands.push({ errand, resolve, reject });
          this.#alarm.ring();
        }),
      reached: (point) => this.#reach(point, planned),
    };
  }

  async #doErrands(): Promise<void> {
    for (let next = this.#errands.shift(); next !== undefined; next = this.#errands.shift()) {
      await this.#doErrand(next.errand).then(next.resolve, next.reject);
    }
  }

  /** What the run no longer expects is not written: its step was left meanwhile. */
  async #doErrand(errand: Errand): Promise<Written> {
    if (this.#hasLost()) return { kind: "fenced" };
    const asked = await errand(this.#facts());
    if (asked === null) return { kind: "written", lostClaim: null };
    const { stimuli, extras = {}, settlement = {}, notes, intent = null, outcome } = asked;
    this.#writer.add([], settlement);
    const isTaken = stimuli.every((stimulus) => this.#stimulate(stimulus));
    this.#note(notes);
    if (!isTaken) return { kind: "left" };
    this.#writer.add([], extras);
    if (outcome !== undefined) this.#writer.addOutcome(outcome.planned, outcome);
    const result = await this.#writer.commit(this.#state, { ...JUST_RECORD, intent });
    if (result?.kind === "fenced") return result;
    return { kind: "written", lostClaim: result?.lostClaim ?? null };
  }

  /** Waits for an answer, until time moves the run on, or until it is told something: none waits for the call of another lane. */
  async #nextAnswer(until: Instant): Promise<void> {
    const isIdle = this.#landed.length === 0 && this.#errands.length === 0;
    if (isIdle && this.#failure === null && !this.#hasLost()) await this.#alarm.until(until);
    if (this.#errands.length > 0) await this.#doErrands();
    if (this.#failure !== null) throw this.#failure.error;
    const landed = this.#landed.shift();
    if (landed === undefined) this.#at = this.#now();
    else this.#land(landed);
  }

  /** Whether a beat found more in the inbox than was folded. */
  #isTold(): boolean {
    return this.#request.lease.told > this.#writer.folded;
  }

  #land({ planned, attempted }: Landed): void {
    this.#inFlight.delete(planned.lane);
    if (attempted.stimulus === null) this.#writer.add([], attempted.extras);
    else this.#stimulate(attempted.stimulus, attempted.extras);
    this.#note(attempted.notes);
    this.#writer.addOutcome(planned, { changes: attempted.entities, costMicros: attempted.costMicros });
  }

  /** Gives the run back: it is due when time alone would move it, and at once if something came in meanwhile. */
  async #rest(next: Advance, later: Instant | null): Promise<boolean> {
    const dueAt = next.ended ? null : soonest(later, next.wake);
    await this.#writer.commit(this.#state, { intent: null, release: true, dueAt });
    return true;
  }

  /** Lets what is made land, and leaves the next decision to the next holder, who may have the run at once. */
  async #giveBack(): Promise<DriveEnd> {
    while (this.#inFlight.size > 0 && !this.#hasLost()) await this.#nextAnswer(this.#patience());
    if (this.#hasLost()) return this.#loss(); // R3
    const { ended } = this.#advance();
    await this.#writer.commit(this.#state, { intent: null, release: true, dueAt: ended ? null : this.#now() });
    return ended ? "rested" : "given_back";
  }

  async #loss(): Promise<DriveEnd> {
    await this.#writer.settled();
    return this.#writer.isFenced ? "fenced" : "lost";
  }

  #hasLost(): boolean {
    return this.#writer.isFenced || this.#request.lease.lost.aborted;
  }

  /** What a person found out about an effect is committed before what follows from it: the guards read the record back. R1 */
  async #foldInbox(inbox: readonly InboxEntry[]): Promise<void> {
    if (inbox.length === 0) return;
    let isResolved = false;
    for (const entry of inbox) {
      const stimulus = stimulusOf(this.#state, entry);
      if (stimulus?.kind === "effect_resolved") {
        this.#tell(await resolved(this.#options.database, this.#state, { resolution: stimulus, now: this.#now() }));
        isResolved = true;
      } else if (stimulus !== null) this.#stimulate(stimulus);
    }
    this.#writer.addFolded(inbox.map(({ inbox_id }) => inbox_id));
    if (isResolved) await this.#writer.commitEvents(this.#state);
  }

  #answer({ stimulus, extras, notes }: Extract<Prepared, { readonly kind: "answer" }>): boolean {
    this.#stimulate(stimulus, extras);
    this.#note(notes);
    return true;
  }

  /** What a call did that somebody must hear of follows its answer, whatever the run makes of that. */
  #note(notes: readonly CallNote[] = []): void {
    if (notes.length > 0) this.#writer.add(notes.map((note) => ({ ...note, at: this.#at })));
  }

  /** True: the run took it. What follows from a stimulus happens at the stimulus's instant, so that a replay finds both at the same place. */
  #stimulate(stimulus: Stimulus, extras: CommitExtras = {}): boolean {
    this.#at = this.#now();
    const events = decide(this.#request.workflow, this.#state, stimulus, this.#at);
    this.#writer.add(events, extras);
    this.#state = events.reduce(evolve, this.#state);
    return events.length > 0;
  }

  #facts(): RunFacts {
    return {
      state: this.#state,
      pack: this.#request.pack,
      control: this.#writer.control,
      epoch: this.#request.lease.epoch,
    };
  }

  #reach(point: CrashPoint, { step }: PlannedCall): void {
    this.#options.reached(point, { runId: this.#state.run_id, step });
  }

  #patience(): Instant {
    return after(this.#at, PATIENCE_MS);
  }

  #now(): Instant {
    return this.#options.host.clock.now();
  }
}

const soonest = (left: Instant | null, right: Instant | null): Instant | null =>
  left === null || right === null ? (left ?? right) : instant(Math.min(left, right));
