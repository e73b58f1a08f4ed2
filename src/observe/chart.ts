import type { Instant, Severity } from "../contracts/index.ts";
import type { LanePhase, RunEvent, RunState } from "../run/index.ts";
import type { DiagnosisFilter } from "./diagnosis-input.ts";
import { type Gathered, type Gathering, newGathering } from "./gathered.ts";
import type { Transition } from "./transitions.ts";

/*
 * A run's transcript as bars over time: what each step was doing, from when to when.
 *
 * B1  A bar is a stretch in which one lane stood at one step in one phase and attempt, as the fold of the events has it.
 * B2  Bars of one row do not overlap, and only the last of a row may be open.
 * B3  Events that the fold does not know change nothing: a picture never fails.
 */

/** What a step is doing while a bar lasts. */
export type BarKind = "working" | "retrying" | "approval" | "waiting" | "branches" | "unknown" | "undoing";

export const CHART_CATEGORIES = ["STEP", "WAIT", "APPROVAL", "EFFECT", "COMPENSATION"] as const;

export type ChartCategory = (typeof CHART_CATEGORIES)[number];

export interface Bar {
  readonly kind: BarKind;
  readonly category: ChartCategory;
  readonly from: Instant;
  /** Null: it goes on. */
  readonly to: Instant | null;
  readonly attempt: number | null;
  /** How it ended: the severity of the event that ended it, `info` while it goes on. */
  readonly severity: Severity;
  /** Why it ended badly, or null. */
  readonly code: string | null;
  /** The event that ended it, or null. */
  readonly ended_by: string | null;
}

/** The bars of one step on one lane that were asked for, in order. */
export interface ChartRow {
  readonly lane: string;
  readonly step: string;
  readonly bars: readonly Gathered<Bar>[];
}

/** The lane under which undoing is drawn; a step may be drawn on it and on its own lane. */
const UNDOING = "compensation";

interface OpenBar {
  readonly lane: string;
  readonly step: string;
  readonly kind: BarKind;
  readonly attempt: number | null;
  /** When a pause before another attempt ends and the attempt begins, of which there is no event. */
  readonly pauseUntil: Instant | null;
  readonly from: Instant;
  /** Of its row. */
  readonly bars: Gathering<Bar>;
}

/** What of a run is drawn. */
export interface ChartAsked {
  /** A bar is within a time if it lasts into it. */
  readonly filter: DiagnosisFilter;
  /** How long a dot of the picture lasts, within which bars that look alike are one; 0 gathers none. */
  readonly dotMs: number;
}

/** A picture that is drawn while the run is folded. */
export interface Chart {
  readonly see: (transition: Transition) => void;
  /** Ends the picture as seen at `now`: the rows that have a bar, in the order in which they began. */
  readonly rowsAt: (now: Instant) => readonly ChartRow[];
}

export function newChart({ filter, dotMs }: ChartAsked): Chart {
  const rows: Rows = { byLane: new Map(), all: [], dotMs };
  let open: readonly OpenBar[] = [];
  const end = (bar: OpenBar, at: Instant, event: RunEvent | null): void => {
    for (const drawn of barsOf(bar, { at, event })) if (isWanted(bar.step, drawn, filter)) bar.bars.add(drawn);
  };
  return {
    see: ({ event, state }) => {
      const places = state.outcome === null ? placesOf(state) : [];
      const stay = open.filter((bar) => places.some((place) => isSamePlace(place, bar)));
      for (const bar of open) if (!stay.includes(bar)) end(bar, event.at, event);
      const begun = places.filter((place) => !stay.some((bar) => isSamePlace(place, bar)));
      open = [...stay, ...begun.map((place) => opened(rows, place, event.at))];
    },
    rowsAt: (now) => {
      for (const bar of open) end(bar, now, null);
      open = [];
      return rows.all
        .map(({ lane, step, bars }) => ({ lane, step, bars: bars.shown() }))
        .filter(({ bars }) => bars.length > 0);
    },
  };
}

interface Row extends Pick<ChartRow, "lane" | "step"> {
  readonly bars: Gathering<Bar>;
}

interface Rows {
  /** By lane, then by step. */
  readonly byLane: Map<string, Map<string, Row>>;
  /** In the order in which they began. */
  readonly all: Row[];
  readonly dotMs: number;
}

type Place = Omit<OpenBar, "from" | "bars">;

/** A bar begins; its row, if this is the first. */
function opened(rows: Rows, place: Place, from: Instant): OpenBar {
  const { lane, step, kind, attempt, pauseUntil } = place;
  return { lane, step, kind, attempt, pauseUntil, from, bars: rowOf(rows, lane, step).bars };
}

function rowOf({ byLane, all, dotMs }: Rows, lane: string, step: string): Row {
  const steps = byLane.get(lane) ?? new Map<string, Row>();
  byLane.set(lane, steps);
  const known = steps.get(step);
  if (known !== undefined) return known;
  const row = { lane, step, bars: newGathering(dotMs, barKey) };
  steps.set(step, row);
  all.push(row);
  return row;
}

const barKey = ({ kind, severity, code }: Bar): string => `${kind} ${severity} ${code}`;

const isSamePlace = (one: Place, other: Place): boolean =>
  one.lane === other.lane && one.step === other.step && one.kind === other.kind && one.attempt === other.attempt;

/** Where a run stands: one place for each lane that is at something, and those of its compensation. */
function placesOf({ lanes, compensation }: RunState): readonly Place[] {
  const places: Place[] = [];
  for (const { id, step, phase } of Object.values(lanes)) addPlace(places, id, step, phase);
  if (compensation === null) return places;
  addPlace(places, UNDOING, compensation.plan[compensation.at] ?? null, compensation.phase);
  for (const { step, phase } of compensation.escalated) addPlace(places, UNDOING, step, phase);
  return places;
}

function addPlace(places: Place[], lane: string, step: string | null, phase: LanePhase): void {
  const kind = kindOf(phase, lane === UNDOING);
  if (kind === null || step === null) return;
  const pauseUntil = phase.kind === "retry" ? phase.at : null;
  places.push({ lane, step, kind, attempt: "attempt" in phase ? phase.attempt : null, pauseUntil });
}

function kindOf({ kind }: LanePhase, undoing: boolean): BarKind | null {
  switch (kind) {
    case "ready":
      return undoing ? "undoing" : "working";
    case "retry":
      return "retrying";
    case "asking":
    case "interrupted":
    case "approval":
      return "approval";
    case "waiting":
      return "waiting";
    case "branching":
      return "branches";
    case "unknown":
      return "unknown";
    case "succeeded":
    case "failed":
    case "ignored":
    case "cancelled":
      return null;
  }
}

const CATEGORY: { readonly [kind in BarKind]: ChartCategory } = {
  working: "STEP",
  retrying: "STEP",
  branches: "STEP",
  approval: "APPROVAL",
  waiting: "WAIT",
  unknown: "EFFECT",
  undoing: "COMPENSATION",
};

/** What ended a bar; without an event it goes on, and `at` is now. */
interface End {
  readonly at: Instant;
  readonly event: RunEvent | null;
}

/** The bar that ended, or the two of a pause and the attempt after it. */
function barsOf({ lane, kind, attempt, from, pauseUntil }: OpenBar, end: End): readonly Bar[] {
  if (pauseUntil === null || pauseUntil > end.at)
    return [{ kind, category: CATEGORY[kind], from, attempt, ...endOf(end) }];
  const next = lane === UNDOING ? "undoing" : "working";
  return [
    { kind, category: CATEGORY[kind], from, attempt, to: pauseUntil, severity: "info", code: null, ended_by: null },
    { kind: next, category: CATEGORY[next], from: pauseUntil, attempt, ...endOf(end) },
  ];
}

const endOf = ({ at, event }: End): Pick<Bar, "to" | "severity" | "code" | "ended_by"> =>
  event === null
    ? { to: null, severity: "info", code: null, ended_by: null }
    : { to: at, severity: severityOf(event), code: codeOf(event), ended_by: event.type };

/** A decision that fails its step is recorded as information; on a picture it is a failure. */
const severityOf = (event: RunEvent): Severity => {
  if (event.type === "approval.decided" && event.payload.code !== null) return "warning";
  return event.severity ?? "info";
};

const codeOf = ({ payload }: RunEvent): string | null =>
  "code" in payload && typeof payload.code === "string" ? payload.code : null;

const SEVERITY = { info: "INFO", warning: "WARN", error: "ERROR" } as const;

const isWanted = (step: string, { category, severity, from, to }: Bar, filter: DiagnosisFilter): boolean =>
  (filter.step === null || step === filter.step) &&
  (filter.category === null || category === filter.category) &&
  (filter.severity === null || SEVERITY[severity] === filter.severity) &&
  (filter.since === null || to === null || to >= filter.since) &&
  (filter.until === null || from < filter.until);
