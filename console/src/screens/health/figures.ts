import { duration } from "../../../../src/contracts/told-time.ts";
import type { Series } from "../../api/wire.ts";
import { counted, countText } from "../../ui/count.ts";
import type { Tone } from "../../ui/tone.ts";

/** One line or one layer of bars. */
export interface Trace {
  readonly label: string;
  readonly tone: Tone;
  readonly values: readonly (number | null)[];
  /** Drawn in a way that needs no colour to be told from the others: hatched bars, a broken line. */
  readonly isMarked?: boolean;
}

/** What one chart shows. */
export interface Figure {
  readonly title: string;
  /** What the whole time comes to, in a few words. */
  readonly sum: string;
  readonly kind: "bars" | "lines";
  /** Epoch milliseconds of each part's beginning, and of the end of the last. */
  readonly at: readonly number[];
  readonly end: number;
  readonly traces: readonly Trace[];
  /** A value with its unit. */
  readonly text: (value: number) => string;
  /** What is said where there is nothing to draw. */
  readonly none: string;
}

const fine = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

/** Less than this, in millionths of a USD, is told in millionths. */
const SMALL_MICROS = 1_000;

/** Cost in USD, as fine as it takes to see it. */
export function costText(micros: number): string {
  if (micros > 0 && micros < SMALL_MICROS) return `${countText(micros)} µUSD`;
  const units = micros / 1_000_000;
  return `${units < 1 ? fine.format(units) : countText(units)} USD`;
}

const sumOf = (values: readonly (number | null)[]): number =>
  values.reduce<number>((sum, value) => sum + (value ?? 0), 0);

type Workflow = Series["workflows"][number];

export const totalOf = (workflows: readonly Workflow[], name: "runs" | "unexpected_failures" | "cost_micros"): number =>
  sumOf(workflows.map((one) => one[name]));

/** The four charts of a time. */
export function figuresOf({ parts, to }: Pick<Series, "parts" | "to">): readonly Figure[] {
  const end = Date.parse(to);
  const at = parts.map((part) => Date.parse(part.at));
  const of = (name: Exclude<keyof Series["parts"][number], "at">) => parts.map((part) => part[name]);
  const [good, failed, refused, cost] = [
    of("succeeded"),
    of("unexpected_failures"),
    of("refused_calls"),
    of("cost_micros"),
  ];
  const ended = sumOf([...good, ...of("expected_failures"), ...of("cancelled"), ...failed]);
  return [
    {
      title: "Runs ended",
      sum: `${counted(ended, "run")}, ${countText(sumOf(failed))} failed`,
      kind: "bars",
      at,
      end,
      traces: [
        { label: "succeeded", tone: "good", values: good },
        { label: "failed as expected", tone: "busy", values: of("expected_failures") },
        { label: "cancelled", tone: "idle", values: of("cancelled") },
        { label: "failed", tone: "bad", values: failed, isMarked: true },
      ],
      text: countText,
      none: "No run ended in this time.",
    },
    {
      title: "From start to end",
      sum: slowest(of("p95_ms")),
      kind: "lines",
      at,
      end,
      traces: [
        { label: "p50", tone: "busy", values: of("p50_ms") },
        { label: "p95", tone: "wait", values: of("p95_ms"), isMarked: true },
      ],
      text: duration,
      none: "No run ended in this time.",
    },
    {
      title: "Calls refused",
      sum: counted(sumOf(refused), "call"),
      kind: "bars",
      at,
      end,
      traces: [{ label: "refused by a guard", tone: "wait", values: refused }],
      text: countText,
      none: "No call was refused in this time.",
    },
    {
      title: "Cost",
      sum: costText(sumOf(cost)),
      kind: "bars",
      at,
      end,
      traces: [{ label: "of runs that ended", tone: "busy", values: cost }],
      text: costText,
      none: "What ended in this time cost nothing.",
    },
  ];
}

function slowest(values: readonly (number | null)[]): string {
  const most = values.reduce<number | null>(
    (max, value) => (value !== null && value > (max ?? -1) ? value : max),
    null,
  );
  return most === null ? "none" : `p95 ${duration(most)} at most`;
}

export const isBlank = ({ traces }: Figure): boolean =>
  traces.every(({ values }) => values.every((value) => value === null || value === 0));

/** Layers of bars one upon the other: each as high as itself and those below it; nothing where it is nothing itself. */
export function stacked(traces: readonly Trace[]): readonly (readonly (number | null)[])[] {
  const below = new Map<number, number>();
  return traces.map(({ values }) =>
    values.map((value, index) => {
      if (value === null || value === 0) return null;
      const height = (below.get(index) ?? 0) + value;
      below.set(index, height);
      return height;
    }),
  );
}
