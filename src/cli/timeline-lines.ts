import {
  duration,
  formatInstant,
  type Instant,
  instant,
  type JsonObject,
  parseInstant,
  relative,
} from "../contracts/index.ts";
import { listOf, rawOf, textOf } from "./document.ts";
import type { Paint } from "./output.ts";
import { runLine } from "./run-lines.ts";
import { columns } from "./table.ts";
import { type TimeAxis, timeAxis } from "./time-axis.ts";

/** Cells of the picture itself; with names and times beside it a line fits a terminal of 120. */
const CELLS = 56;
const NAME_MAX = 24;

type Tone = "green" | "yellow" | "red" | "cyan" | "dim";

interface Look {
  readonly glyph: string;
  readonly tone: Tone;
  readonly legend: string;
}

/** Bars differ by their glyph; colour only helps. */
const LOOKS: { readonly [kind: string]: Look } = {
  working: { glyph: "█", tone: "green", legend: "works" },
  retrying: { glyph: "·", tone: "yellow", legend: "pauses before it tries again" },
  approval: { glyph: "▒", tone: "yellow", legend: "waits for a person" },
  waiting: { glyph: "░", tone: "cyan", legend: "waits for an event or a time" },
  branches: { glyph: "─", tone: "dim", legend: "its branches are at work" },
  unknown: { glyph: "?", tone: "red", legend: "nobody knows whether it took effect" },
  undoing: { glyph: "▞", tone: "yellow", legend: "is being undone" },
};

const STRANGE: Look = { glyph: "■", tone: "dim", legend: "something that this program does not know" };

const FAILED = { glyph: "✗", legend: "failed or was refused" } as const;
const GOES_ON = { glyph: "▶", legend: "goes on" } as const;
const MARK = "▼";

interface Bar {
  readonly look: Look;
  readonly from: number;
  readonly to: number;
  readonly isOpen: boolean;
  readonly isBad: boolean;
  readonly code: string | undefined;
}

interface Row {
  readonly name: string;
  readonly bars: readonly Bar[];
}

interface Mark {
  readonly at: Instant;
  readonly entry: JsonObject;
}

/** A run as a picture: one line a step, its bars over time, and below it what happened to its owners. */
export function timelineLines(run: JsonObject, paint: Paint): readonly string[] {
  const now = momentOf(run, "generated_at") ?? instant(0);
  const rows = listOf(run, "rows").map((row) => rowOf(row, now));
  const marks = marksOf(run);
  const from = momentOf(run, "started_at") ?? now;
  const to = instant(Math.max(momentOf(run, "ended_at") ?? now, from));
  const spans = rows.flatMap(({ bars }) => bars);
  const axis = timeAxis({ from, to, cells: CELLS, spans, moments: marks.map(({ at }) => at) });
  const frame: Frame = { axis, from, paint };
  return [
    runLine(run, paint),
    `  ${headOf(run, { from, to, now })}`,
    "",
    ...(rows.length === 0 ? ["  nothing to see"] : picture(rows, marks, frame)),
    ...markLines(marks, frame),
    ...legendLines(rows, frame),
  ];
}

interface Frame {
  readonly axis: TimeAxis;
  readonly from: Instant;
  readonly paint: Paint;
}

function headOf(run: JsonObject, { from, to, now }: { from: Instant; to: Instant; now: Instant }): string {
  const ended = rawOf(run, "ended_at") !== undefined;
  const span = `${utc(from)} ${ended ? "to" : "until now,"} ${utc(to)} UTC`;
  const since = ended ? `ended ${relative(to, now)}` : "it goes on";
  return `${textOf(run, "workflow_id")}, ${span}: ${duration(to - from)}, ${since}`;
}

const utc = (at: Instant): string => formatInstant(at).slice(0, 19).replace("T", " ");

const momentOf = (document: JsonObject, member: string): Instant | undefined =>
  parseInstant(rawOf(document, member) ?? "");

function rowOf(row: JsonObject, now: Instant): Row {
  const lane = textOf(row, "lane");
  const step = textOf(row, "step");
  const name = lane === "compensation" ? `undo ${step}` : lane === "main" || lane === step ? step : `${lane}/${step}`;
  return { name, bars: listOf(row, "bars").map((bar) => barOf(bar, now)) };
}

function barOf(bar: JsonObject, now: Instant): Bar {
  const kind = textOf(bar, "kind");
  const to = momentOf(bar, "to");
  return {
    look: (Object.hasOwn(LOOKS, kind) ? LOOKS[kind] : undefined) ?? STRANGE,
    from: momentOf(bar, "from") ?? now,
    to: to ?? now,
    isOpen: to === undefined,
    isBad: rawOf(bar, "severity") !== "info",
    code: rawOf(bar, "code") === undefined ? undefined : textOf(bar, "code"),
  };
}

/** Approvals have bars; what else was marked has no place in them. */
const marksOf = (run: JsonObject): readonly Mark[] =>
  listOf(run, "marks").flatMap((entry) => {
    const at = momentOf(entry, "occurred_at");
    return at === undefined || rawOf(entry, "category") === "APPROVAL" ? [] : [{ at, entry }];
  });

function picture(rows: readonly Row[], marks: readonly Mark[], frame: Frame): readonly string[] {
  const { axis, from, paint } = frame;
  const flags = Array.from({ length: CELLS }, (_, cell) => marks.some(({ at }) => cellIn(axis, at) === cell));
  const flagLine = flags.map((isMarked) => (isMarked ? paint.red(MARK) : " ")).join("");
  const lines = rows.map(({ name, bars }) => [`  ${short(name)}`, track(bars, frame), ...timesOf(bars, from)]);
  const scale = ["", paint.dim(scaleOf(axis, from)), "begins", "after", "takes", ""].map((cell) => cell);
  return columns([scale, ...(marks.length === 0 ? [] : [["", flagLine, "", "", "", ""]]), ...lines]);
}

/** A moment's cell in the picture; the end of the axis belongs to its last cell. */
const cellIn = (axis: TimeAxis, at: number): number => Math.min(axis.cellOf(at), CELLS - 1);

const short = (name: string): string => (name.length > NAME_MAX ? `${name.slice(0, NAME_MAX - 1)}…` : name);

/** Bars in their cells, each at least one wide; a later one covers what it shares with an earlier one. */
function track(bars: readonly Bar[], { axis, paint }: Frame): string {
  const cells: string[] = Array.from({ length: CELLS }, () => " ");
  for (const { look, from, to, isOpen, isBad } of bars) {
    const first = cellIn(axis, from);
    const last = Math.max(Math.min(axis.cellOf(to), CELLS) - 1, first);
    for (let cell = first; cell <= last; cell++) cells[cell] = paint[look.tone](look.glyph);
    if (isBad) cells[last] = paint.red(FAILED.glyph);
    if (isOpen) cells[last] = paint[look.tone](GOES_ON.glyph);
  }
  return cells.join("");
}

/** When a row began in UTC, how long after the run, how long it took, and how its last bar ended if that was badly. */
function timesOf(bars: readonly Bar[], start: Instant): readonly string[] {
  const [first] = bars;
  const last = bars.at(-1);
  if (first === undefined || last === undefined) return ["", "", "", ""];
  const begun = formatInstant(instant(first.from)).slice(11, 19);
  const codes = [...new Set(bars.flatMap(({ isBad, code }) => (isBad && code !== undefined ? [code] : [])))];
  return [begun, `+${duration(first.from - start)}`, duration(last.to - first.from), codes.join(", ")];
}

/** Cells between two labels of the scale. */
const TICK_CELLS = 14;

function scaleOf(axis: TimeAxis, from: Instant): string {
  let line = "";
  for (let cell = 0; cell < CELLS; cell += TICK_CELLS) {
    line = `${line.padEnd(cell)}╷${duration(axis.momentOf(cell) - from)}`.slice(0, cell + TICK_CELLS - 1);
  }
  return line.padEnd(CELLS);
}

const markLines = (marks: readonly Mark[], { from, paint }: Frame): readonly string[] =>
  marks.length === 0
    ? []
    : [
        "",
        ...columns(
          marks.map(({ at, entry }) => [
            `  ${paint.red(MARK)} ${utc(at)} UTC`,
            `+${duration(at - from)}`,
            textOf(entry, "category").toLowerCase(),
            textOf(entry, "summary"),
          ]),
        ),
      ];

function legendLines(rows: readonly Row[], { axis, paint }: Frame): readonly string[] {
  const bars = rows.flatMap((row) => row.bars);
  const used = [...new Set(bars.map(({ look }) => look))].map(({ glyph, legend }) => `${glyph} ${legend}`);
  const failed = bars.some(({ isBad }) => isBad) ? [`${FAILED.glyph} ${FAILED.legend}`] : [];
  const open = bars.some(({ isOpen }) => isOpen) ? [`${GOES_ON.glyph} ${GOES_ON.legend}`] : [];
  const legend = [...used, ...failed, ...open];
  return [
    ...(legend.length === 0 ? [] : ["", `  ${paint.dim(legend.join("   "))}`]),
    ...(axis.isElastic
      ? [`  ${paint.dim("long stretches are drawn shorter than they were; the times are true")}`]
      : []),
  ];
}
