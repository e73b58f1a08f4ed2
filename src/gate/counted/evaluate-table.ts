import { accepted, type Result, rejected } from "../../contracts/index.ts";
import type { Decision } from "../decision.ts";
import { type JudgingInput, layOut } from "../evaluate.ts";
import type { EvidenceHead } from "../unit.ts";
import { type CountedUnits, countRows, countUnits, planPolicy } from "./count-units.ts";
import { decideMeasured, type Measured, nameOf } from "./measured.ts";
import type { UnitTable } from "./table.ts";
import { uncountedOf } from "./uncounted.ts";

/** A decision on a table, and what was measured for it. */
export interface TableEvaluation {
  readonly decision: Decision;
  readonly measured: Measured;
}

/**
 * Decides on units where they are: counts, judges, has the failing rows listed of what failed, and judges again. It comes to the same
 * bytes as `evaluate` does on the same units. Refused as `evaluate` is, and with `GATE_NOT_COUNTABLE` for a policy that asks more than
 * counting answers; such a policy is evaluated on rows. `headOf` gives what the decision says of the evidence.
 */
export async function evaluateTable(
  asked: Omit<JudgingInput, "evidence">,
  table: UnitTable,
  headOf: (counted: CountedUnits) => EvidenceHead,
): Promise<Result<TableEvaluation>> {
  const layout = layOut(asked, {});
  if (!layout.ok) return layout;
  const { policy, decidedAt } = asked;
  const unasked = uncountedOf(policy);
  if (unasked.length > 0)
    return rejected({
      code: "GATE_NOT_COUNTABLE",
      message: `counting does not answer ${unasked.slice(0, UNASKED_SHOWN).join(", ")}`,
      details: { unasked },
    });
  const plan = planPolicy({ policy, window: layout.value.window, decidedAt }, table);
  const counts = await countUnits(plan, table);
  const { units, measurements } = counts;
  const counted = { evidence: headOf(counts), units, measurements, rows: {} };
  const judged = decideMeasured(asked, counted);
  if (!judged.ok) return judged;
  const rows: [string, Measured["rows"][string]][] = [];
  for (const blamed of judged.value.lacking) rows.push([nameOf(blamed), await countRows(plan, blamed, table)]);
  const measured = { ...counted, rows: Object.fromEntries(rows) };
  const decided = decideMeasured(asked, measured);
  return decided.ok ? accepted({ decision: decided.value.decision, measured }) : decided;
}

/** Things that a refusal names in its message; all of them are in its details. */
const UNASKED_SHOWN = 5;
