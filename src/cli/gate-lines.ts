import type { Decision, GateRow, LintFinding } from "../gate/index.ts";
import { flipText, isTold, standingText } from "../gate/index.ts";
import { visible } from "./document.ts";
import type { Paint } from "./output.ts";
import { table } from "./table.ts";

/** Rows of evidence shown under a gate; the decision has up to a thousand. */
const ROWS_SHOWN = 5;

/** With every text in one line, and nothing in it that a terminal would obey: rows and values are named by whoever made the evidence. */
const seen = <Shown>(shown: Shown): Shown =>
  JSON.parse(JSON.stringify(shown), (_, value) =>
    typeof value === "string" ? visible(value.replaceAll("\n", " ")) : value,
  );

/** A decision for a person: the verdict, what it stands on, a line a gate, and what to do about those that do not pass. */
export function decisionLines(decision: Decision, paint: Paint): readonly string[] {
  const { policy, profile, verdict, decided_at, window, blocked_by, conditions, gates, groups, waivers } =
    seen(decision);
  const rows = gates.map((row) => [
    row.id,
    toned(row, paint),
    row.value ?? "-",
    row.bound ?? "-",
    row.rule,
    row.severity ?? "-",
  ]);
  return [
    `${(verdict === "GO" ? paint.green : paint.red)(paint.bold(verdict))}  ${policy.id} ${policy.version}${profile === null ? "" : ` (${profile})`}`,
    paint.dim(`decided for ${decided_at}${window === null ? "" : `, on what began ${window.start} to ${window.end}`}`),
    ...(blocked_by.length === 0 ? [] : [`blocked by ${blocked_by.join(", ")}`]),
    ...(verdict === "NO-GO" || conditions.length === 0
      ? []
      : [paint.yellow(`on condition of ${conditions.join(", ")}`)]),
    ...(groups.length === 0
      ? []
      : ["", ...groups.map(({ title, status }) => `${tonedStatus(status, paint)}  ${title}`)]),
    "",
    ...table(["gate", "status", "value", "bound", "rule", "severity"], rows),
    ...gates.filter(isTold).flatMap((row) => toldLines(row, paint)),
    ...waiverLines(waivers, paint),
    "",
    paint.dim(`decision ${decision.digest}`),
  ];
}

/** Which waivers cover a gate, by whom and until when; and which do not, and why. */
function waiverLines({ applied, rejected }: Decision["waivers"], paint: Paint): readonly string[] {
  if (applied.length + rejected.length === 0) return [];
  return [
    "",
    paint.bold("waivers"),
    ...applied.flatMap(({ waiver, gate, approved_by, reason, expires_at }) => [
      `  ${paint.green("applied")}   ${waiver}  ${gate}  ${approved_by.join(", ")}, until ${expires_at}`,
      paint.dim(`            ${reason}`),
    ]),
    ...rejected.map(({ waiver, code, detail }) => `  ${paint.yellow("rejected")}  ${waiver}  ${code}: ${detail}`),
  ];
}

const TONES: { readonly [word: string]: keyof Paint } = {
  PASS: "green",
  FAIL: "red",
  UNKNOWN: "yellow",
  INSUFFICIENT: "yellow",
  WARN: "yellow",
};

const tonedStatus = (word: string, paint: Paint): string => {
  const tone = TONES[word];
  return tone === undefined ? paint.dim(word) : paint[tone](word);
};

const toned = (row: GateRow, paint: Paint): string => tonedStatus(standingText(row), paint);

/** Why a gate does not pass, the rows at fault, what would flip it, and what to do. */
export function toldLines(told: GateRow, paint: Paint, shown = ROWS_SHOWN): readonly string[] {
  const row = seen(told);
  const { count, rows } = row.failing;
  const more = count > shown ? `, and ${count - shown} more` : "";
  return [
    "",
    `${paint.bold(row.id)}  ${toned(row, paint)}${row.title === null ? "" : `  ${row.title}`}`,
    ...row.reasons.map((reason) => `  ${reason}`),
    ...(count === 0 ? [] : [`  at fault: ${rows.slice(0, shown).join(", ")}${more}`]),
    ...(row.flip.length === 0 ? [] : [`  would pass with ${row.flip.map(flipText).join("; or with ")}`]),
    paint.dim(`  ${row.remedy}`),
  ];
}

/** What lint found, worst first. */
export function lintLines(findings: readonly LintFinding[], paint: Paint): readonly string[] {
  if (findings.length === 0) return [paint.green("nothing to say of this policy")];
  const tones = { error: paint.red, warning: paint.yellow, info: paint.dim };
  return (["error", "warning", "info"] as const).flatMap((level) =>
    findings
      .filter((finding) => finding.level === level)
      .map(
        ({ gate, profile, message }) =>
          `${tones[level](level)}  ${gate}${profile === null ? "" : ` (${profile})`}: ${message}`,
      ),
  );
}
