import { type Random, seededRandom } from "../contracts/index.ts";
import { CRASH_POINTS, type CrashPoint } from "../worker/index.ts";

/** Kinds of faults that a simulation injects. */
export const FAULT_KINDS = ["crash", "pause", "clock", "webhook", "provider", "database"] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** Before a statement reaches the database, or after it has and before its answer is heard. */
export type Moment = "before" | "after";

/** At the nth statement of any worker, counted over the whole simulation; with `of`, the nth of those that say so. */
interface AtStatement {
  readonly statement: number;
  readonly of?: string;
  readonly moment: Moment;
}

export type StatementFault = AtStatement &
  (
    | { readonly kind: "crash" }
    | { readonly kind: "database" }
    | { readonly kind: "pause"; readonly ms: number }
    | { readonly kind: "clock"; readonly ms: number }
  );

/** The worker's own points, and one of simulations: a claim took a run from another worker, and its answer is not heard yet. */
export type Point = CrashPoint | "after_takeover";

interface AtPoint {
  readonly point: Point;
  /** The how-manyth time that any worker comes there. */
  readonly nth: number;
}

/** `race`: every other worker sleeps until the leases of the one that died are over, and then all look for runs at once. */
export type PointFault = AtPoint &
  ({ readonly kind: "crash"; readonly race?: true } | { readonly kind: "pause"; readonly ms: number });

export interface ProviderFault {
  readonly kind: "provider";
  readonly request: number;
  /**
   * `unavailable`: refused before anything happened. `answer_lost`: it happened, and the connection broke. `late`: the
   * connection broke, and it happens a little later, yet before the provider is said to have settled.
   */
  readonly how: "unavailable" | "answer_lost" | "late";
}

export interface WebhookFault {
  readonly kind: "webhook";
  readonly delivery: number;
  /** `lost`: the first delivery does not arrive, and the provider sends it again later. */
  readonly how: "duplicate" | "late" | "lost";
}

/** One thing that goes wrong in a simulation. */
export type Fault = StatementFault | PointFault | ProviderFault | WebhookFault;

/** Faults of a history, at most: with more of them, what each does is no longer seen. */
const FAULTS_MAX = 8;

/** Statements, requests and deliveries among which faults fall: most histories have as many. */
const STATEMENT_MAX = 160;
const POINT_MAX = 8;
const REQUEST_MAX = 12;
const DELIVERY_MAX = 4;

/** Around the length of a lease: most paused owners wake about when their successor has the run. */
const PAUSE_MS_MIN = 5_000;
const PAUSE_MS_MAX = 14_000;

const JUMP_MS_MAX = 600_000;

/** The faults of a seed: the same seed and kinds give the same. */
export function faultPlan(seed: number, kinds: readonly FaultKind[]): readonly Fault[] {
  if (kinds.length === 0) return [];
  const random = seededRandom(seed);
  const count = 1 + Math.floor(random.next() * FAULTS_MAX);
  return Array.from({ length: count }, () => faultOf(oneOf(kinds, random), random));
}

function faultOf(kind: FaultKind, random: Random): Fault {
  switch (kind) {
    case "crash":
      return random.next() < 0.5
        ? { kind, point: oneOf(CRASH_POINTS, random), nth: upTo(POINT_MAX, random) }
        : { kind, ...atStatement(random) };
    case "database":
      return { kind, ...atStatement(random) };
    case "pause":
      return {
        kind,
        ...atStatement(random),
        ms: PAUSE_MS_MIN + Math.floor(random.next() * (PAUSE_MS_MAX - PAUSE_MS_MIN)),
      };
    case "clock":
      return { kind, ...atStatement(random), ms: Math.floor((random.next() * 2 - 1) * JUMP_MS_MAX) };
    case "provider":
      return { kind, request: upTo(REQUEST_MAX, random), how: oneOf(["unavailable", "answer_lost", "late"], random) };
    case "webhook":
      return { kind, delivery: upTo(DELIVERY_MAX, random), how: oneOf(["duplicate", "late", "lost"], random) };
  }
}

const atStatement = (random: Random): AtStatement => ({
  statement: upTo(STATEMENT_MAX, random),
  moment: oneOf(["before", "after"], random),
});

const upTo = (max: number, random: Random): number => 1 + Math.floor(random.next() * max);

function oneOf<T>(choices: readonly [T, ...T[]] | readonly T[], random: Random): T {
  const [first, ...rest] = choices;
  const chosen = choices[Math.floor(random.next() * (rest.length + 1))] ?? first;
  if (chosen === undefined) throw new RangeError("there is nothing to choose from");
  return chosen;
}

/** A fault in a few words. */
export function faultText(fault: Fault): string {
  if (fault.kind === "provider") return `provider request ${fault.request}: ${fault.how}`;
  if (fault.kind === "webhook") return `webhook delivery ${fault.delivery}: ${fault.how}`;
  if ("point" in fault) {
    const race = "race" in fault ? ", and the others race for what it held" : "";
    return `${fault.kind} ${fault.point}, time ${fault.nth}${race}`;
  }
  const place = `${fault.moment} statement ${fault.statement}${fault.of === undefined ? "" : ` of ${fault.of}`}`;
  return "ms" in fault ? `${fault.kind} ${fault.ms} ms ${place}` : `${fault.kind} ${place}`;
}

/** A plan as it is used up: counts what happens and says what goes wrong there. */
export class Mischief {
  readonly #plan: readonly Fault[];
  readonly #points = new Map<Point, number>();
  /** Statements that say what a fault is counted among. */
  readonly #counted: Map<string, number>;
  #statements = 0;
  #requests = 0;
  #deliveries = 0;

  constructor(plan: readonly Fault[]) {
    this.#plan = plan;
    this.#counted = new Map(plan.flatMap((fault) => ("of" in fault && fault.of !== undefined ? [[fault.of, 0]] : [])));
  }

  /** The next statement of a worker. */
  atStatement(what: string): StatementFault | undefined {
    this.#statements += 1;
    for (const of of this.#counted.keys()) if (what.includes(of)) this.#counted.set(of, this.#countOf(of) + 1);
    const isHere = (fault: Fault): fault is StatementFault =>
      "statement" in fault &&
      (fault.of === undefined
        ? fault.statement === this.#statements
        : what.includes(fault.of) && fault.statement === this.#countOf(fault.of));
    return this.#plan.find(isHere);
  }

  #countOf(of: string): number {
    return this.#counted.get(of) ?? 0;
  }

  /** What happens to the worker that comes to a crash point. */
  atPoint(point: Point): PointFault | undefined {
    const nth = (this.#points.get(point) ?? 0) + 1;
    this.#points.set(point, nth);
    const isHere = (fault: Fault): fault is PointFault =>
      "point" in fault && fault.point === point && fault.nth === nth;
    return this.#plan.find(isHere);
  }

  /** The next request that reaches a provider. */
  atRequest(): ProviderFault["how"] | undefined {
    this.#requests += 1;
    return this.#plan.find((fault): fault is ProviderFault => "request" in fault && fault.request === this.#requests)
      ?.how;
  }

  /** The next webhook that a provider sends. */
  atDelivery(): WebhookFault["how"] | undefined {
    this.#deliveries += 1;
    return this.#plan.find((fault): fault is WebhookFault => "delivery" in fault && fault.delivery === this.#deliveries)
      ?.how;
  }
}
