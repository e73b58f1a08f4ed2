import { utcSecond } from "../../../../src/contracts/told-time.ts";
import type { Decision, GateRow } from "../../api/wire.ts";
import { counted } from "../../ui/count.ts";

/** How a gate came from one decision to another. */
export type Turn = "better" | "worse" | "moved" | "same" | "added" | "gone";

export interface GateTurn {
  readonly id: string;
  readonly turn: Turn;
  /** Null where the decision has no such gate. */
  readonly before: GateRow | null;
  readonly after: GateRow | null;
}

/** Something that a decision depends on, and that differs. */
export interface Difference {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** What changed from one decision to another: what it rests on, then its gates, those that turned first. */
export interface Comparison {
  readonly differences: readonly Difference[];
  readonly gates: readonly GateTurn[];
}

const ORDER: readonly Turn[] = ["worse", "better", "gone", "added", "moved", "same"];

export function compared(before: Decision, after: Decision): Comparison {
  const ids = [...new Set([...before.gates, ...after.gates].map(({ id }) => id))];
  const rowOf = ({ gates }: Decision, id: string): GateRow | null => gates.find((row) => row.id === id) ?? null;
  const turns = ids.map((id): GateTurn => {
    const [was, is] = [rowOf(before, id), rowOf(after, id)];
    return { id, turn: turnOf(was, is), before: was, after: is };
  });
  return {
    differences: differencesOf(before, after),
    gates: turns.toSorted((a, b) => ORDER.indexOf(a.turn) - ORDER.indexOf(b.turn)),
  };
}

function turnOf(was: GateRow | null, is: GateRow | null): Turn {
  if (was === null) return "added";
  if (is === null) return "gone";
  const [passed, passes] = [holds(was), holds(is)];
  if (passed !== passes) return passes ? "better" : "worse";
  const isSame =
    was.status === is.status && was.value === is.value && was.rule === is.rule && was.standing === is.standing;
  return isSame ? "same" : "moved";
}

/** Whether a row keeps nothing back: it passes, or it does not count. */
const holds = ({ status, standing }: GateRow): boolean => status === "PASS" || standing !== "counts";

function differencesOf(before: Decision, after: Decision): readonly Difference[] {
  const facts: readonly (readonly [what: string, of: (decision: Decision) => string])[] = [
    ["verdict", ({ verdict }) => verdict],
    ["policy", ({ policy: { id, version, digest } }) => `${id} ${version} (${digest.slice(0, 12)}…)`],
    ["profile", ({ profile }) => profile ?? "none"],
    ["blocked by", ({ blocked_by }) => listOf(blocked_by)],
    ["conditions", ({ conditions }) => listOf(conditions)],
    ["waived", ({ waivers }) => listOf(waivers.applied.map(({ gate }) => gate))],
    ["window", ({ window }) => (window === null ? "none" : `${utcSecond(window.start)} to ${utcSecond(window.end)}`)],
    ["decided for", ({ decided_at }) => utcSecond(decided_at)],
    ["evidence", ({ evidence }) => `${evidence.digest.slice(0, 12)}…`],
    ["units", ({ evidence }) => listOf(Object.entries(evidence.units).map(([kind, units]) => counted(units, kind)))],
    ["sources", ({ evidence }) => listOf(incomplete(evidence.sources))],
  ];
  return facts
    .map(([what, of]): Difference => ({ what, before: of(before), after: of(after) }))
    .filter((one) => one.before !== one.after);
}

const incomplete = (sources: Decision["evidence"]["sources"]): readonly string[] =>
  Object.entries(sources).flatMap(([name, { state }]) => (state === "complete" ? [] : [`${name} ${state}`]));

const listOf = (items: readonly string[]): string => (items.length === 0 ? "none" : items.join(", "));
