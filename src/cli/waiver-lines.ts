import type { Instant, JsonObject } from "../contracts/index.ts";
import { listOf, numberOf, objectOf, rawOf, textOf, textsOf } from "./document.ts";
import type { Paint } from "./output.ts";
import { columns, table } from "./table.ts";
import { when } from "./when.ts";

const TONES: { readonly [state: string]: "green" | "yellow" | "dim" } = { approved: "green", requested: "yellow" };

const stateOf = (waiver: JsonObject, paint: Paint): string => {
  const state = textOf(waiver, "state");
  return paint[TONES[state] ?? "dim"](state);
};

/** Digits of a digest that tell subjects apart in a table. */
const SUBJECT_CHARS = 12;

/** Waivers, a line each: where it stands, what it covers, until when, and who still has to approve it. */
export function waiversLines(waivers: readonly JsonObject[], now: Instant, paint: Paint): readonly string[] {
  if (waivers.length === 0) return ["no waivers"];
  const rows = waivers.map((waiver) => [
    textOf(waiver, "waiver_id"),
    stateOf(waiver, paint),
    textOf(waiver, "gate"),
    rawOf(waiver, "subject")?.slice(0, SUBJECT_CHARS) ?? "-",
    when(textOf(waiver, "expires_at"), now),
    approvalsOf(waiver),
  ]);
  return table(["waiver", "state", "gate", "about", "expires", "approvals"], rows);
}

/** Such as `1 of 2, none as release_owner yet`. */
function approvalsOf(waiver: JsonObject): string {
  const missing = textsOf(waiver, "roles_missing");
  const count = `${listOf(waiver, "approvals").length} of ${numberOf(waiver, "approvals_needed") ?? "?"}`;
  return missing.length === 0 ? count : `${count}, none as ${missing.join(", ")} yet`;
}

const measuredOf = (value: string): string =>
  value === "0/0" ? "nothing yet; any value that misses makes it void" : `${value}; a worse value makes it void`;

/** One waiver: what is signed by whoever approves it, and who did. */
export function waiverLines(waiver: JsonObject, now: Instant, paint: Paint): readonly string[] {
  const terms = objectOf(waiver, "waiver");
  const remediation = objectOf(terms, "remediation");
  const [policy, scope] = [objectOf(terms, "policy"), objectOf(terms, "scope")];
  const places = ["environments", "branches", "commits", "profiles"].flatMap((name) => {
    const names = textsOf(scope, name);
    return names.length === 0 ? [] : [`${name} ${names.join(", ")}`];
  });
  const facts: readonly (readonly [string, string])[] = [
    ["gate", `${paint.bold(textOf(terms, "check_id"))}  of ${textOf(policy, "id")} ${textOf(policy, "version")}`],
    ["about", textOf(terms, "bundle_digest")],
    ["measured", measuredOf(textOf(terms, "measured_value"))],
    ["where", places.join("; ")],
    ["why", textOf(terms, "reason")],
    [
      "work",
      `${textOf(remediation, "issue_ref")}, by ${textOf(remediation, "owner")}, due ${when(textOf(remediation, "due_at"), now)}`,
    ],
    ["asked by", `${textOf(terms, "requested_by")} ${when(textOf(terms, "created_at"), now)}`],
    ["expires", when(textOf(terms, "expires_at"), now)],
    ["approvals", approvalsOf(waiver)],
    ...listOf(waiver, "approvals").map((approval): [string, string] => [
      "",
      `${textOf(approval, "approver")} as ${textOf(approval, "role")} ${when(textOf(approval, "approved_at"), now)}`,
    ]),
    ...(rawOf(waiver, "ended_at") === undefined
      ? []
      : [["ended", when(textOf(waiver, "ended_at"), now)] as [string, string]]),
  ];
  return [
    `waiver ${textOf(waiver, "waiver_id")}  ${stateOf(waiver, paint)}`,
    ...columns(facts.map(([name, value]) => [`  ${name}`, value])),
  ];
}
