import { type Instant, isJsonObject, type JsonObject } from "../contracts/index.ts";
import { leavesOf, listOf, objectOf, rawOf, textOf, textsOf } from "./document.ts";
import type { Paint } from "./output.ts";
import { money, statusOf } from "./run-lines.ts";
import { columns, table } from "./table.ts";
import { when } from "./when.ts";

/** Waiting approvals, oldest first. */
export function inboxLines(body: JsonObject, now: Instant): readonly string[] {
  const approvals = listOf(body, "approvals");
  if (approvals.length === 0) return ["nothing waits for a decision"];
  const rows = approvals.map((approval) => [
    ...["approval_id", "tool_name", "requested_by", "run_id"].map((member) => textOf(approval, member)),
    when(textOf(approval, "timeout_at"), now),
  ]);
  return table(["approval", "tool", "asked by", "run", "expires"], rows);
}

/** What a person decides on: what exactly happens, how much, to whom, on what base, until when. */
export function approvalLines(approval: JsonObject, now: Instant, paint: Paint): readonly string[] {
  const preview = objectOf(approval, "preview");
  const input = objectOf(preview, "input");
  const tool = `${textOf(preview, "tool")} ${textOf(preview, "version")}`;
  const facts: readonly (readonly [string, string])[] = [
    ["call", `${paint.bold(tool)}  ${textOf(preview, "side_effect_level")}, ${textOf(preview, "operation")}`],
    ...amountsOf(input).map((amount): [string, string] => ["amount", paint.bold(amount)]),
    ["why", `${textOf(approval, "reason")} (rule ${textOf(approval, "rule_id")})`],
    [
      "asked by",
      `${textOf(approval, "requested_by")}, ${textOf(preview, "workflow_id")}, step ${textOf(approval, "step_id")}`,
    ],
    ["approver", textsOf(approval, "authorized_approvers").join(", ")],
    ["run", textOf(approval, "run_id")],
    ...baseOf(preview).map((base): [string, string] => ["base", base]),
    ["expires", when(textOf(approval, "timeout_at"), now)],
    [
      "preview",
      `sha256 ${textOf(approval, "preview_sha256")}${approval.preview === null ? ", which can no longer be shown" : ""}`,
    ],
    ...decisionsOf(approval, now).map((decision): [string, string] => ["decided", decision]),
  ];
  return [
    `approval ${textOf(approval, "approval_id")}  ${statusOf(approval, paint)}`,
    ...columns(facts.map(([name, value]) => [`  ${name}`, value])),
    paint.bold("  with"),
    ...columns(leavesOf(input).map(([path, value]) => [`    ${path}`, value])),
  ];
}

/** Names under which packs carry minor units. */
const AMOUNTS = ["amount_minor", "amount_cents"];

/** Every amount in the arguments, with the currency that stands beside it. */
function amountsOf(document: JsonObject): readonly string[] {
  const own = AMOUNTS.filter((name) => document[name] !== undefined);
  return [
    ...own.map((name) => money(textOf(document, name), textOf(document, "currency"))),
    ...Object.values(document).flatMap((part) => (isJsonObject(part) ? amountsOf(part) : [])),
  ];
}

const baseOf = (preview: JsonObject): readonly string[] =>
  listOf(preview, "base").map(
    (base) => `${textOf(base, "entity_type")} ${textOf(base, "entity_id")} at version ${textOf(base, "version")}`,
  );

const decisionsOf = (approval: JsonObject, now: Instant): readonly string[] =>
  listOf(approval, "decisions").map((decision) => {
    const reason = rawOf(decision, "reason") === undefined ? "" : `: ${textOf(decision, "reason")}`;
    return `${textOf(decision, "decision")} by ${textOf(decision, "approver")} ${when(textOf(decision, "at"), now)}${reason}`;
  });
