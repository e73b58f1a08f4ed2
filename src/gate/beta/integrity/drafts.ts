import type { Row } from "../evidence/row.ts";
import { enters } from "../evidence/transaction.ts";
import { transactions } from "./chain.ts";
import { type Finding, missing } from "./finding.ts";

/** IF-11: nobody is asked to approve a light attempt without a dry run that went well and a difference to look at. */
export function unpreviewedAttempts(rows: readonly Row[]): readonly Finding[] {
  const tried = keysOf(rows.filter(({ payload }) => payload?.type === "dry_run" && payload.report.status === "ok"));
  const shown = keysOf(rows.filter(({ kind, payload }) => kind === "light_diff" && payload !== null));
  const asked = transactions(rows)
    .filter(({ row, event }) => row.track === "light" && enters(event, "APPROVAL_PENDING"))
    .map(({ row }) => row);
  return [...keysOf(asked)].flatMap((key) => {
    const lacks = [...(tried.has(key) ? [] : ["a dry run that is ok"]), ...(shown.has(key) ? [] : ["a difference"])];
    return lacks.length === 0 ? [] : [missing("IF-11", `${key} asked for approval without ${lacks.join(" and ")}`)];
  });
}

const keysOf = (rows: readonly Row[]): ReadonlySet<string> =>
  new Set(rows.map(({ eventKey }) => eventKey).filter((key) => key !== null));
