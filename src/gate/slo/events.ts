import { z } from "zod";
import { after, type Instant, parseInstant, parseJson, sha256Hex } from "../../contracts/index.ts";
import { beginningOf } from "../derivation.ts";
import { inOrder } from "../measure.ts";
import type { SourceState, Unit } from "../unit.ts";
import { cutoffOf } from "../window.ts";

const EVENT = z.looseObject({
  slo: z.string().min(1),
  good: z.boolean(),
  at: z.string().transform((text) => parseInstant(text) ?? null),
});

export interface SloEvents {
  readonly units: readonly Unit[];
  readonly state: SourceState;
}

/**
 * Events that spend an error budget, a line each, known by what they say: in which order they stand changes nothing. Without a budget
 * there is no rate at which it burns: what happened is told, and nothing is divided.
 */
export function sloEvents(text: string | undefined, hasBudget: boolean, decidedAt: Instant): SloEvents {
  if (text === undefined)
    return { units: [nothing(decidedAt)], state: { state: "incomplete", detail: "there is no events.ndjson" } };
  const copies = new Map<string, number>();
  const read = linesOf(text).map((line) => {
    const copy = copies.get(line) ?? 0;
    copies.set(line, copy + 1);
    return { line, event: eventOf(line, copy) };
  });
  const events = read.flatMap(({ event }) => (event === undefined ? [] : [event]));
  const told = new Map<string, string>();
  for (const slo of new Set(events.map((event) => event.slo))) {
    const same = events.filter((event) => event.slo === slo);
    const bad = same.filter(({ good }) => !good).length;
    told.set(slo, `no budget to burn: ${bad} of ${same.length} were bad`);
  }
  const broken = read.filter(({ event }) => event === undefined).map(({ line }) => `\`${beginningOf(line)}\``);
  return {
    units:
      events.length === 0
        ? [nothing(decidedAt)]
        : events.map(({ row, slo, good, at }) => ({
            id: `${slo}/${row}`,
            at,
            channel: "prod_traffic",
            rows: [`event ${row}`],
            isValid: true,
            columns: { slo, good, burns: hasBudget, why: hasBudget ? null : (told.get(slo) ?? null) },
          })),
    state:
      broken.length === 0
        ? { state: "complete", detail: "" }
        : { state: "unreadable", detail: `${broken.slice(0, 5).join(", ")} cannot be read` },
  };
}

/** The lines of a file in an order that is theirs, whatever order they came in. */
export const linesOf = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .toSorted(inOrder);

interface SloEvent {
  /** Of what it says; where another says the same, which of them it is. */
  readonly row: string;
  readonly slo: string;
  readonly good: boolean;
  readonly at: Instant;
}

/** Hexadecimal digits of a line's digest by which it is cited. */
const CITED = 16;

function eventOf(line: string, copy: number): SloEvent | undefined {
  const parsed = parseJson(line);
  const event = EVENT.safeParse(parsed.ok ? parsed.value : null);
  if (!event.success || event.data.at === null) return undefined;
  const row = `${sha256Hex(line).slice(0, CITED)}${copy === 0 ? "" : `+${copy}`}`;
  return { row, slo: event.data.slo, good: event.data.good, at: event.data.at };
}

/** Says that there is nothing whose burning could be asked for; within every window. */
const nothing = (decidedAt: Instant): Unit => ({
  id: "none",
  at: after(cutoffOf(decidedAt), -1000),
  channel: "prod_traffic",
  rows: [],
  isValid: true,
  columns: { slo: null, good: true, burns: false, why: "no event is recorded" },
});
