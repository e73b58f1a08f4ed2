import { after, assert, digestOf, entityIdOf, type Instant, InvariantError, seededRandom } from "../contracts/index.ts";
import type { IngressPorts } from "../ingress/index.ts";
import { type ArtifactStore, artifactStore } from "../ledger/index.ts";
import { inTenant } from "../store/index.ts";
import { Committer, factsReader, type LeaseProfile, postgresSchedule, Worker } from "../worker/index.ts";
import { Answers } from "./answers.ts";
import type { AssertionId, Violation } from "./assertions.ts";
import { Bank, type Effect } from "./bank.ts";
import { type Fault, Mischief, type Point } from "./fault-plan.ts";
import { type Errand, openOffice } from "./people.ts";
import { eventsSince, seenApprovals, seenReceipts, seenRuns, setClock } from "./queries.ts";
import { Schedule, WORLD } from "./schedule.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import { TOOLS_OF } from "./simulation-pack.ts";
import { controlRoomOf, furnish, type SimulationWorld, START, TENANT } from "./simulation-world.ts";
import type { ToldTakeover } from "./takeover-watch.ts";
import { Watch } from "./watch.ts";
import { WebhookSender } from "./webhook-sender.ts";

/** One history: what is to be played, and what goes wrong in it. */
export interface Script {
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly workers: number;
}

/** A history of chosen runs. */
export interface Play extends Script {
  /** Workflows of the runs that are started; undefined draws them from the seed. */
  readonly runs?: readonly string[];
  /** Milliseconds after which a run that has not ended is lost; by default more than any clock is off by. */
  readonly patienceMs?: number;
}

/** What a history came to. */
export interface History {
  readonly seed: number;
  /** Digest of everything that happened, in order, and of everything that was recorded. */
  readonly hash: string;
  readonly steps: number;
  /** Simulated milliseconds. */
  readonly ms: number;
  readonly tally: Tally;
  /** Assertions that were put to the test. */
  readonly evaluated: ReadonlySet<AssertionId>;
  /** The last takeover on record. */
  readonly takeover: ToldTakeover | null;
  /** Entries of the runs that were decided again to the same. */
  readonly replayed: number;
  /** Digest of the documents of the runs. */
  readonly state: string;
  /** The first broken rules; none in a sound history. */
  readonly violations: readonly Violation[];
  /** The last things that happened. */
  readonly trail: readonly string[];
}

/** How often what simulations are about came about. */
export interface Tally {
  /** Claims of a run whose holder had not given it back. */
  readonly takeovers: number;
  readonly deaths: number;
  /** Commits of owners that were no longer, fenced off by the database. */
  readonly refused_writes: number;
  /** Workers that looked for a lost one's run at the same time as another, and came away without it. */
  readonly lost_races: number;
  readonly approvals: number;
  readonly effects: number;
  readonly events: number;
}

/** Leases of workers in simulations: a takeover takes seconds, and a poll is rare enough not to be most of what happens. */
const PROFILE: LeaseProfile = { leaseMs: 6_000, beatMs: 2_000, claimsMax: 20, runsMax: 8, pollMs: 1_000 };

/** A killed worker is replaced after at most so long. */
const REPLACED_MS_MAX = 8_000;

/** How long history goes on once the last run has ended and every paused owner is awake, so that those are refused. */
const AFTERMATH_MS = 5_000;

/** No clock is off by as much. */
const PATIENCE_MS = 1_800_000;
const STEPS_MAX = 6_000;

const TRAIL_MAX = 40;

const ERRANDS = 6;
const ERRANDS_WITHIN_MS = 8_000;

/** Plays one history to its end, or to the first broken rule. The same script gives the same history. */
export async function simulate(world: SimulationWorld, script: Play): Promise<History> {
  await furnish(world, script.seed);
  return new Simulation(world, script).play();
}

class Simulation {
  readonly #world: SimulationWorld;
  readonly #script: Play;
  readonly #schedule: Schedule;
  readonly #mischief: Mischief;
  readonly #bank: Bank;
  readonly #watch = new Watch(TENANT);
  readonly #errands: readonly Errand[];
  readonly #ingress: IngressPorts;
  readonly #sender: WebhookSender;
  readonly #violations: Violation[] = [];
  readonly #workers: SimulatedProcess[] = [];
  #told: Instant = START;
  /** Whether anything reached the database since the last look at it. */
  #isStirred = true;
  #processes = 0;
  readonly #answers = new Answers();
  /** Who died of a fault after which the others race for what it held. */
  #lamented: string | null = null;

  constructor(world: SimulationWorld, script: Play) {
    const random = seededRandom(script.seed);
    this.#world = world;
    this.#script = script;
    this.#schedule = new Schedule(START, random);
    this.#mischief = new Mischief(script.faults);
    this.#bank = new Bank({
      schedule: this.#schedule,
      random,
      mischief: this.#mischief,
      onEffect: (effect) => this.#tellOf(effect),
    });
    this.#errands = errandsOf(script);
    const ingress = this.#newProcess("ingress", null);
    const { database, host } = ingress;
    const control = controlRoomOf(world, ingress);
    this.#ingress = { database, host, control, artifacts: ARTIFACTS };
    this.#sender = new WebhookSender({
      schedule: this.#schedule,
      random,
      mischief: this.#mischief,
      ports: this.#ingress,
      onTrouble: (error) => this.#trouble(error),
    });
  }

  async play(): Promise<History> {
    this.#openOffice();
    for (let worker = 0; worker < this.#script.workers; worker++) this.#startWorker();
    const trail: string[] = [];
    for (let restAt: Instant | null = null; this.#violations.length === 0; ) {
      const line = await this.#schedule.step();
      assert(line !== null, "somebody always looks again");
      trail.push(line);
      if (trail.length > TRAIL_MAX) trail.shift();
      await this.#look();
      restAt = this.#isDone() ? (restAt ?? after(this.#schedule.now, AFTERMATH_MS)) : null;
      if (restAt !== null && this.#schedule.now >= restAt) break;
      if (this.#hasNoPatience()) this.#lost();
    }
    if (this.#violations.length === 0) this.#judgeEnd();
    const { now, steps } = this.#schedule;
    for (const run of this.#watch.runs) this.#schedule.note(`${run.run_id} ${run.head_hash} ${run.status}`);
    const { history: hash } = this.#schedule;
    const { evaluated, told: takeover, replayed, runs } = this.#watch;
    const state = digestOf(runs.map(({ document_sha256 }) => document_sha256));
    const seen = { tally: this.#tally(), evaluated, takeover, replayed, state, violations: this.#violations };
    return { seed: this.#script.seed, hash, steps, ms: now - START, ...seen, trail };
  }

  #openOffice(): void {
    const process = this.#newProcess("people", null);
    openOffice({
      process,
      tenantId: TENANT,
      pack: this.#world.pack,
      control: controlRoomOf(this.#world, process),
      artifacts: ARTIFACTS,
      bank: this.#bank,
      sender: this.#sender,
      ingress: this.#ingress,
      watch: this.#watch,
      errands: this.#errands,
      onTrouble: (error) => this.#trouble(error),
    });
  }

  /** What was reserved for a shipment is captured next; the provider says so as it comes. */
  #tellOf({ path, reference }: Effect): void {
    const isShipment = this.#errands.some((errand) => errand.workflow === "ship" && errand.reference === reference);
    if (path !== "/reserve" || !isShipment) return;
    this.#sender.send("payment_intent.amount_capturable_updated", reference);
    this.#sender.send("payment_intent.succeeded", reference);
  }

  #startWorker(): void {
    const process = this.#newProcess(`worker-${this.#processes + 1}`, this.#mischief);
    this.#workers.push(process);
    const { database, host } = process;
    const worker = new Worker({
      database,
      host,
      registry: this.#world.registry,
      tier: "HARDENED",
      committer: new Committer(database.committer, () => process.turn("gathers commits")),
      facts: factsReader(database, () => process.turn("gathers facts")),
      turn: () => process.turn("gathers runs"),
      control: controlRoomOf(this.#world, process),
      network: { fetch: this.#bank.reachedFrom(process), resolve: async () => ["127.0.0.1"] },
      profile: PROFILE,
      schedule: postgresSchedule,
      workerId: process.name,
      station: { tenantId: TENANT, hostId: "simulated", pid: this.#processes },
      openSealed: () => async (value) => value,
      reached: (point) => this.#reached(process, point),
      onTrouble: (_runId, error) => this.#trouble(error),
    });
    worker.start();
  }

  #reached(process: SimulatedProcess, point: Point): void {
    if (process.isDead) return;
    const fault = this.#mischief.atPoint(point);
    if (fault?.kind === "pause") process.pause(fault.ms);
    if (fault?.kind !== "crash") return;
    process.kill();
    if (fault.race !== true) return;
    this.#lamented = process.name;
    this.#isStirred = true;
  }

  /** Has every other worker sleep until the leases of the one that died are over. */
  #letRace(): void {
    const left = this.#watch.runs.filter(({ worker_id }) => worker_id === this.#lamented);
    this.#lamented = null;
    const overAt = Math.max(...left.map(({ due_at }) => due_at ?? 0));
    const sleepers = this.#workers.filter(({ isRunning }) => isRunning);
    if (overAt > this.#schedule.now) for (const sleeper of sleepers) sleeper.pause(overAt - this.#schedule.now);
  }

  #newProcess(name: string, mischief: Mischief | null): SimulatedProcess {
    this.#processes += 1;
    const { owner } = this.#world.database;
    const process: SimulatedProcess = new SimulatedProcess(name, this.#script.seed * 1_000 + this.#processes, {
      schedule: this.#schedule,
      database: this.#world.database,
      mischief,
      tellTime: async (now) => {
        this.#isStirred = true;
        if (now !== this.#told) await setClock(owner, now);
        this.#told = now;
      },
      onAnswer: (answer) => {
        if (this.#answers.hear(answer)) this.#reached(process, "after_takeover");
      },
      onDeath: () => this.#replace(),
    });
    return process;
  }

  #replace(): void {
    const ms = (this.#processes * 2_311) % REPLACED_MS_MAX;
    this.#schedule.at(after(this.#schedule.now, ms), {
      actor: WORLD,
      what: "a worker is started",
      happen: () => this.#startWorker(),
    });
  }

  /** Connections break and commits are lost; a rule of the program's own that does not hold is another matter. */
  #trouble(error: unknown): void {
    if (error instanceof InvariantError) this.#violations.push({ rule: "N7", assertion: null, message: error.message });
  }

  async #look(): Promise<void> {
    if (!this.#isStirred) return;
    this.#isStirred = false;
    const sight = await inTenant(this.#world.database, TENANT, async (sql) => {
      const [runs, events, approvals, receipts] = await Promise.all([
        seenRuns(sql),
        eventsSince(sql, this.#watch.seen),
        seenApprovals(sql),
        seenReceipts(sql),
      ]);
      return { runs, events, approvals, receipts };
    });
    const { now: at } = this.#schedule;
    const kept = this.#answers.takeKept();
    this.#violations.push(...this.#watch.look({ ...sight, at, effects: this.#bank.effects, kept }));
    if (this.#lamented !== null) this.#letRace();
    for (const { start_key } of sight.runs) {
      if (!this.#errands.some(({ key }) => key === start_key))
        this.#violations.push({
          rule: "N7",
          assertion: null,
          message: `${start_key}: was started, and nobody asked for it`,
        });
    }
  }

  #isSpent(runId: string): boolean {
    return this.#watch.approvals.some(({ run_id, consumed_at }) => run_id === runId && consumed_at !== null);
  }

  #tally(): Tally {
    return {
      takeovers: this.#watch.takeovers,
      deaths: this.#workers.filter(({ isDead }) => isDead).length,
      refused_writes: this.#answers.refusedWrites,
      lost_races: this.#answers.lostRaces,
      approvals: this.#watch.approvals.length,
      effects: this.#bank.effects.length,
      events: Object.values(this.#watch.seen).reduce((sum, seq) => sum + seq, 0),
    };
  }

  #isDone(): boolean {
    const { runs } = this.#watch;
    const isAwake = this.#workers.every((process) => process.isRunning || process.isDead);
    return isAwake && runs.length === this.#errands.length && runs.every(({ outcome }) => outcome !== null);
  }

  #hasNoPatience(): boolean {
    const { now, steps } = this.#schedule;
    return now - START > (this.#script.patienceMs ?? PATIENCE_MS) || steps > STEPS_MAX;
  }

  #lost(): void {
    const { runs } = this.#watch;
    for (const { key } of this.#errands) {
      const run = runs.find(({ start_key }) => start_key === key);
      if (run === undefined || run.outcome === null)
        this.#violations.push({
          rule: "N7",
          assertion: null,
          message: `${key}: is lost ${run?.status ?? "before it began"}`,
        });
    }
  }

  /** Every run has ended right: with the outcome that was asked for, and with each of its effects once. */
  #judgeEnd(): void {
    for (const run of this.#watch.runs) {
      const errand = this.#errands.find(({ key }) => key === run.start_key);
      assert(errand !== undefined, "every run is an errand");
      const tools = TOOLS_OF[errand.workflow] ?? [];
      const isDenied = errand.decision === "DENY" && tools.includes("charge");
      const wanted = isDenied ? "EXPECTED_FAILURE" : "SUCCESS";
      if (run.outcome !== wanted)
        this.#violations.push({
          rule: "N7",
          assertion: null,
          message: `${run.start_key}: ended ${run.status} ${run.code}`,
        });
      for (const tool of tools.filter((name) => !isDenied || name !== "charge")) {
        if (!this.#bank.done(`/${tool}`).includes(errand.reference))
          this.#violations.push({ rule: "N7", assertion: null, message: `${run.start_key}: ${tool} did not happen` });
      }
      if (!isDenied && tools.includes("charge") && !this.#isSpent(run.run_id))
        this.#violations.push({
          rule: "N5",
          assertion: "CONT-017",
          message: `${run.start_key}: was charged and no approval is spent`,
        });
      if (isDenied && this.#bank.done("/charge").includes(errand.reference))
        this.#violations.push({
          rule: "N5",
          assertion: "CONT-017",
          message: `${run.start_key}: was charged against the decision`,
        });
    }
    this.#violations.push(...this.#watch.end(this.#world.pack));
  }
}

/** Previews are rows; no simulated document is large enough for a folder. */
const ARTIFACTS: ArtifactStore = artifactStore({
  write: async () => assert(false, "a simulated artifact fits in a row"),
  read: async () => undefined,
  remove: async () => undefined,
});

/** The runs of a seed. Some ask for what another asks for as well: it must happen once all the same. */
function errandsOf({ seed, runs }: Play): readonly Errand[] {
  const random = seededRandom(seed ^ 0x5eed);
  const workflows = Object.keys(TOOLS_OF);
  const errands: Errand[] = [];
  for (let index = 0; index < (runs?.length ?? ERRANDS); index++) {
    const drawn = workflows[Math.floor(random.next() * workflows.length)] ?? "pay";
    const workflow = runs?.[index] ?? drawn;
    const twin = random.next() < TWIN_CHANCE && workflow === "debit" ? errands.find(isDebit) : undefined;
    const reference = twin?.reference ?? `reference-${seed}-${index + 1}`;
    errands.push({
      key: workflow === "ship" ? shipmentKey(reference) : `errand-${index + 1}`,
      workflow,
      reference,
      decision: random.next() < APPROVE_CHANCE ? "APPROVE" : "DENY",
      afterMs: Math.floor(random.next() * ERRANDS_WITHIN_MS),
    });
  }
  return errands;
}

const TWIN_CHANCE = 0.5;
const APPROVE_CHANCE = 0.8;

const isDebit = ({ workflow }: Errand): boolean => workflow === "debit";

/** The start key of the run that a payment's first webhook starts. */
const shipmentKey = (reference: string): string =>
  `STRIPE:payment.created:${entityIdOf(TENANT, "payment", reference)}:simulation/ship`;
