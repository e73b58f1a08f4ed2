import { z } from "zod";
import { after, type Instant, parseInstant, parseJson } from "../../contracts/index.ts";
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
 * Events that spend an error budget, a line each. Without a budget there is no rate at which it burns: what happened is told, and
 * nothing is divided.
 */
export function sloEvents(text: string | undefined, hasBudget: boolean, decidedAt: Instant): SloEvents {
  if (text === undefined)
    return { units: [nothing(decidedAt)], state: { state: "incomplete", detail: "there is no events.ndjson" } };
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const read = lines.map((line) => eventOf(line));
  const events = read.flatMap((event) => (event === undefined ? [] : [event]));
  const told = new Map<string, string>();
  for (const slo of new Set(events.map((event) => event.slo))) {
    const same = events.filter((event) => event.slo === slo);
    const bad = same.filter(({ good }) => !good).length;
    told.set(slo, `no budget to burn: ${bad} of ${same.length} were bad`);
  }
  const broken = read.flatMap((event, index) => (event === undefined ? [index + 1] : []));
  return {
    units:
      events.length === 0
        ? [nothing(decidedAt)]
        : events.map(({ slo, good, at }, index) => ({
            id: `${slo}/${index + 1}`,
            at,
            channel: "prod_traffic",
            rows: [`events ${index + 1}`],
            isValid: true,
            columns: { slo, good, burns: hasBudget, why: hasBudget ? null : (told.get(slo) ?? null) },
          })),
    state:
      broken.length === 0
        ? { state: "complete", detail: "" }
        : { state: "unreadable", detail: `line ${broken.slice(0, 5).join(", ")} cannot be read` },
  };
}

interface SloEvent {
  readonly slo: string;
  readonly good: boolean;
  readonly at: Instant;
}

function eventOf(line: string): SloEvent | undefined {
  const parsed = parseJson(line);
  const event = EVENT.safeParse(parsed.ok ? parsed.value : null);
  if (!event.success || event.data.at === null) return undefined;
  return { slo: event.data.slo, good: event.data.good, at: event.data.at };
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
