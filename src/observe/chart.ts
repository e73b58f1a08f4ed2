import type { Instant, Severity } from "../contracts/index.ts";
import type { LanePhase, RunEvent, RunState } from "../run/index.ts";
import type { DiagnosisFilter } from "./diagnosis-input.ts";
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

/** All bars of one step on one lane, in order. */
export interface ChartRow {
  readonly lane: string;
  readonly step: string;
  readonly bars: readonly Bar[];
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
  readonly bars: Bar[];
}

/** The rows of a run, in the order in which they began; as seen at `now`. */
export function chartOf(transitions: readonly Transition[], now: Instant): readonly ChartRow[] {
  const rows: Rows = new Map();
  let open: readonly OpenBar[] = [];
  for (const { event, state } of transitions) {
    const places = state.outcome === null ? placesOf(state) : [];
    const over = open.filter((bar) => !places.some((place) => isSamePlace(place, bar)));
    for (const bar of over) addBars(bar, { at: event.at, event });
    const begun = places.filter((place) => !open.some((bar) => isSamePlace(place, bar)));
    open = [...open.filter((bar) => !over.includes(bar)), ...begun.map((place) => opened(rows, place, event.at))];
  }
  for (const bar of open) addBars(bar, { at: now, event: null });
  return [...rows.values()];
}

/** Rows by lane and step, in the order in which they began. */
type Rows = Map<string, { readonly lane: string; readonly step: string; readonly bars: Bar[] }>;

type Place = Omit<OpenBar, "from" | "bars">;

/** A bar begins; its row, if this is the first. */
function opened(rows: Rows, place: Place, from: Instant): OpenBar {
  const { lane, step } = place;
  const key = JSON.stringify([lane, step]);
  const row = rows.get(key) ?? { lane, step, bars: [] };
  rows.set(key, row);
  return { ...place, from, bars: row.bars };
}

const isSamePlace = (one: Place, other: Place): boolean =>
  one.lane === other.lane && one.step === other.step && one.kind === other.kind && one.attempt === other.attempt;

/** Where a run stands: one place for each lane that is at something, and those of its compensation. */
function placesOf({ lanes, compensation }: RunState): readonly Place[] {
  const ahead = Object.values(lanes).flatMap(({ id, step, phase }) => placeOf(id, step, phase));
  if (compensation === null) return ahead;
  const undone = placeOf(UNDOING, compensation.plan[compensation.at] ?? null, compensation.phase);
  const asked = compensation.escalated.flatMap(({ step, phase }) => placeOf(UNDOING, step, phase));
  return [...ahead, ...undone, ...asked];
}

function placeOf(lane: string, step: string | null, phase: LanePhase): readonly Place[] {
  const kind = kindOf(phase, lane === UNDOING);
  if (kind === null || step === null) return [];
  const pauseUntil = phase.kind === "retry" ? phase.at : null;
  return [{ lane, step, kind, attempt: "attempt" in phase ? phase.attempt : null, pauseUntil }];
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

function addBars({ lane, kind, attempt, from, pauseUntil, bars }: OpenBar, end: End): void {
  if (pauseUntil === null || pauseUntil > end.at) {
    bars.push({ kind, category: CATEGORY[kind], attempt, from, ...endOf(end) });
    return;
  }
  const pause = { to: pauseUntil, severity: "info", code: null, ended_by: null } as const;
  const next = lane === UNDOING ? "undoing" : "working";
  bars.push({ kind, category: CATEGORY[kind], attempt, from, ...pause });
  bars.push({ kind: next, category: CATEGORY[next], attempt, from: pauseUntil, ...endOf(end) });
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

/** The rows of a chart with the bars that a reader asked for; a bar is within a time if it lasts into it. */
export const wantedRows = (rows: readonly ChartRow[], filter: DiagnosisFilter): readonly ChartRow[] =>
  rows
    .filter(({ step }) => filter.step === null || step === filter.step)
    .map((row) => ({ ...row, bars: row.bars.filter((bar) => isWanted(bar, filter)) }))
    .filter(({ bars }) => bars.length > 0);

const isWanted = (
  { category, severity, from, to }: Bar,
  filter: Pick<DiagnosisFilter, "category" | "severity" | "since" | "until">,
): boolean =>
  (filter.category === null || category === filter.category) &&
  (filter.severity === null || SEVERITY[severity] === filter.severity) &&
  (filter.since === null || to === null || to >= filter.since) &&
  (filter.until === null || from < filter.until);
