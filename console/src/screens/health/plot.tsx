import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import UPlot from "uplot";
import type { Tone } from "../../ui/tone.ts";
import { type Figure, stacked, type Trace } from "./figures.ts";

const HEIGHT_PX = 150;
const FONT = "11px system-ui, sans-serif";
const PLOTS_IN_STEP = "health";

interface PlotProps {
  readonly figure: Figure;
  /** Part that is pointed at; null: none is. */
  readonly onPoint: (index: number | null) => void;
  /** A stretch was chosen, in epoch milliseconds. */
  readonly onChoose: (from: number, to: number) => void;
}

/** A chart as pixels. Whoever loads this loads the library that draws it. */
export function Plot({ figure, onPoint, onChoose }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = box.current;
    if (place === null) return;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const draw = (): UPlot => new UPlot(optionsOf({ figure, onPoint, onChoose }, place), columnsOf(figure), place);
    let plot = draw();
    const redraw = (): void => {
      plot.destroy();
      plot = draw();
    };
    const fit = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT_PX }));
    fit.observe(place);
    dark.addEventListener("change", redraw);
    return () => {
      fit.disconnect();
      dark.removeEventListener("change", redraw);
      plot.destroy();
    };
  }, [figure, onPoint, onChoose]);
  return <div ref={box} className="plot" aria-hidden="true" />;
}

/** Of bars the highest layer is drawn first, and those below it over it. */
const layersOf = ({ kind, traces }: Figure): readonly Trace[] => (kind === "bars" ? traces.toReversed() : traces);

function columnsOf(figure: Figure): UPlot.AlignedData {
  const seconds = figure.at.map((at) => at / 1_000);
  const values = figure.kind === "bars" ? stacked(figure.traces).toReversed() : figure.traces.map((one) => one.values);
  return [seconds, ...values.map((column) => [...column])];
}

function optionsOf({ figure, onPoint, onChoose }: PlotProps, place: HTMLElement): UPlot.Options {
  const ink = (name: Tone | "soft" | "line"): string => colourOf(place, name);
  const axis = { stroke: ink("soft"), font: FONT, grid: { stroke: ink("line"), width: 1 }, ticks: { show: false } };
  return {
    width: place.clientWidth,
    height: HEIGHT_PX,
    padding: [8, 16, 0, 0],
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1_000), "UTC"),
    legend: { show: false },
    cursor: { sync: { key: PLOTS_IN_STEP }, points: { show: false }, drag: { x: true, y: false } },
    scales: {
      x: { range: [(figure.at[0] ?? 0) / 1_000, figure.end / 1_000] },
      y: { range: (_plot, _min, max) => [0, Math.max(1, max) * 1.08] },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 70, size: 24, values: TIMES },
      {
        ...axis,
        size: 62,
        space: 34,
        gap: 6,
        ...(figure.kind === "bars" ? { incrs: WHOLE } : {}),
        values: (_plot, ticks) => ticks.map(figure.text),
      },
    ],
    series: [{}, ...layersOf(figure).map((trace) => (figure.kind === "bars" ? barOf(trace, ink) : lineOf(trace, ink)))],
    hooks: {
      setCursor: [({ cursor: { idx } }) => onPoint(idx ?? null)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width > 0) onChoose(plot.posToVal(left, "x") * 1_000, plot.posToVal(left + width, "x") * 1_000);
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Counts have no halves. */
const WHOLE = [1, 2, 5]
  .flatMap((step) => Array.from({ length: 12 }, (_, power) => step * 10 ** power))
  .toSorted((a, b) => a - b);

const DAY_S = 86_400;

/** UTC; a date at midnight, and where parts are days. */
const TIMES: UPlot.Axis.DynamicValues = (_plot, ticks) =>
  ticks.map((seconds) => {
    const text = new Date(seconds * 1_000).toISOString();
    return seconds % DAY_S === 0 ? text.slice(5, 10) : text.slice(11, 16);
  });

const BARS = UPlot.paths.bars?.({ size: [0.8, 36, 1], align: 1 });

type Ink = (name: Tone) => string;

function barOf({ tone, isMarked }: Trace, ink: Ink): UPlot.Series {
  const colour = ink(tone);
  return {
    fill: isMarked === true ? hatch(colour) : colour,
    stroke: colour,
    width: isMarked === true ? 1 : 0,
    points: { show: false },
    ...(BARS === undefined ? {} : { paths: BARS }),
  };
}

const lineOf = ({ tone, isMarked }: Trace, ink: Ink): UPlot.Series => ({
  stroke: ink(tone),
  width: 1.5,
  dash: isMarked === true ? [5, 3] : [],
  points: { show: true, size: 4, fill: ink(tone) },
});

/** Slanted lines of a colour: told from a plain area without seeing the colour. */
function hatch(colour: string): () => CanvasPattern | string {
  return () => {
    const tile = document.createElement("canvas");
    tile.width = 6;
    tile.height = 6;
    const pen = tile.getContext("2d");
    if (pen === null) return colour;
    pen.strokeStyle = colour;
    pen.lineWidth = 2.5;
    for (const x of [-6, 0, 6]) {
      pen.moveTo(x, 6);
      pen.lineTo(x + 6, 0);
    }
    pen.stroke();
    return pen.createPattern(tile, "repeat") ?? colour;
  };
}

/** A colour of the page as a canvas takes it: of light and dark, the one in force. */
function colourOf(place: HTMLElement, name: string): string {
  const before = place.style.color;
  place.style.color = `var(--${name})`;
  const { color } = getComputedStyle(place);
  place.style.color = before;
  return color;
}
