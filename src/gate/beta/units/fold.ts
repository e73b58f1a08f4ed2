import type { Instant } from "../../../contracts/index.ts";
import type { Cell, Unit } from "../../unit.ts";
import type { Row } from "../evidence/row.ts";
import { isInWindow, type SignoffWindow } from "../evidence/window.ts";
import { byText } from "../integrity/chain.ts";

type Columns = { readonly [name: string]: Cell };

/** A unit folded from whole rows: as old as the first of them, and of their channel where they have one. */
export function unitOf(id: string, rows: readonly Row[], columns: Columns): Unit {
  return { id, at: earliest(rows), channel: channelOf(rows), rows: idsOf(rows), isValid: true, columns };
}

const idsOf = (rows: readonly Row[]): readonly string[] => [...new Set(rows.map(({ rowId }) => rowId))].sort(byText);

export function earliest(rows: readonly Row[]): Instant | null {
  const moments = rows.map(({ observedAt }) => observedAt).filter((at) => at !== null);
  return moments.reduce<Instant | null>((first, at) => (first === null || at < first ? at : first), null);
}

function channelOf(rows: readonly Row[]): Unit["channel"] {
  const channels = new Set(rows.map(({ channel }) => channel));
  const [only = null] = channels;
  return channels.size === 1 ? only : null;
}

export const within = (rows: readonly Row[], window: SignoffWindow): readonly Row[] =>
  rows.filter(({ observedAt }) => observedAt !== null && isInWindow(observedAt, window));

export const isProduction = ({ channel }: Row): boolean => channel === "prod_traffic";
export const isFixture = ({ channel }: Row): boolean => channel === "controlled_fixture";

interface Pulled {
  /** What pulled it, once for each metric and code. */
  readonly subject: string;
  readonly rows: readonly Row[];
}

/** Something that fails a metric whatever else it counts. */
export const triggerOf = (metric: string, code: string, { subject, rows }: Pulled): Unit =>
  unitOf(`${metric}:${code}:${subject}`, rows, { metric, code });
