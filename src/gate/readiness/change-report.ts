import { assert, type JsonObject } from "../../contracts/index.ts";
import { holdsKey, redactText } from "../../ledger/index.ts";
import { CHANGE_APPROVAL } from "./catalogue.ts";
import { type ChangeProfileName, decideChange, parseChange } from "./change-approval.ts";
import { type MadeReport, type Maker, madeAs } from "./made-report.ts";

/** A change package as it was written, and who agreed to what needs a person; null for nobody. */
export interface ChangeReportInput {
  readonly change: JsonObject;
  readonly profile: ChangeProfileName;
  readonly approver: string | null;
}

/**
 * R34: what a change package comes to under a profile; undefined where it is none. A key in its diff is masked and told by the label, so
 * that the report can be kept and decides the same.
 */
export function changeReport(maker: Maker, { change, profile, approver }: ChangeReportInput): MadeReport | undefined {
  const given = parseChange(change);
  if (given === undefined) return undefined;
  const kept = holdsKey(given.diff_text) ? masked(change, given) : change;
  const parsed = parseChange(kept);
  assert(parsed !== undefined, "a masked change package is one");
  const { decision, level, score, reasons } = decideChange(parsed, profile);
  assert(decision === decideChange(given, profile).decision, "masking a key decides nothing");
  const isApproved = decision === "approve" || (decision === "escalate" && approver !== null);
  const body: JsonObject = {
    change_package: kept,
    profile,
    decision,
    risk: { level, score },
    failures: isApproved ? [] : [[decision, ...reasons].join(": ")],
    ...(approver === null ? {} : { human_approval: { approver } }),
  };
  const status = isApproved ? "passed" : "failed";
  return madeAs(maker, CHANGE_APPROVAL, { id: CHANGE_APPROVAL.id, status, count: 1, body });
}

const ADVISORY = /\bCVE\b/;

function masked(change: JsonObject, { diff_text, labels }: { readonly diff_text: string; readonly labels: string[] }) {
  const text = redactText(diff_text);
  const isLost = ADVISORY.test(diff_text) && !ADVISORY.test(text); // in what was too long to keep
  return {
    ...change,
    diff_text: isLost ? `${text}\nCVE` : text,
    labels: [...new Set([...labels, "hardcoded-secret"])],
  };
}
