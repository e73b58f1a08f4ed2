import type { Decision, GateRow } from "./decision.ts";
import { flipText, isTold, standingText } from "./words.ts";

/** Rows of evidence named under a gate. */
const ROWS_SHOWN = 10;

/** A decision as a Markdown page: what a pull request, a step summary or a packet shows. */
export function decisionMarkdown(decision: Decision): string {
  const { policy, profile, verdict, decided_at, window, blocked_by, conditions, gates, groups } = decision;
  const lines = [
    `## ${verdict === "GO" ? "✅" : "⛔"} ${verdict}: ${policy.id} ${policy.version}${profile === null ? "" : ` (${profile})`}`,
    "",
    `Decided for ${decided_at}${window === null ? "" : `, on what began from ${window.start} until ${window.end}`}.`,
    ...(blocked_by.length === 0 ? [] : ["", `Blocked by ${blocked_by.map(code).join(", ")}.`]),
    ...(conditions.length === 0 || verdict === "NO-GO"
      ? []
      : ["", `On condition of ${conditions.map(code).join(", ")}.`]),
    ...(groups.length === 0 ? [] : ["", ...groups.map(({ title, status }) => `- ${status}: ${escaped(title)}`)]),
    "",
    talliedLine(decision),
    "",
    "| gate | status | value | sample | rule | bound | severity |",
    "|---|---|--:|--:|---|--:|---|",
    ...gates.map(rowLine),
    ...waiverLines(decision.waivers),
    ...SEVERITIES.flatMap((severity) =>
      gates.filter((row) => isTold(row) && row.severity === severity).flatMap(toldLines),
    ),
    "",
    `Policy \`${policy.digest}\`, evidence \`${decision.evidence.digest}\`, decision \`${decision.digest}\`.`,
  ];
  return `${lines.join("\n")}\n`;
}

/** In this order rows are told of; last those that weigh nothing. */
const SEVERITIES = ["critical", "high", "medium", "low", null] as const;

function talliedLine({ gates, spent }: Decision): string {
  const counting = gates.filter(({ standing }) => standing !== "excluded");
  const passed = counting.filter(({ status }) => status === "PASS").length;
  const { critical, high, medium, low, waived } = spent;
  return `${passed} of ${counting.length} pass; critical ${critical}, high ${high}, medium ${medium}, low ${low}, waived ${waived}.`;
}

function waiverLines({ applied, rejected }: Decision["waivers"]): readonly string[] {
  if (applied.length + rejected.length === 0) return [];
  return [
    "",
    "### Waivers",
    "",
    ...applied.map(
      ({ waiver, gate, approved_by, reason, expires_at }) =>
        `- applied: ${code(waiver)} to ${code(gate)}, approved by ${approved_by.map(escaped).join(", ")}, until ${expires_at}: ${escaped(reason)}`,
    ),
    ...rejected.map(({ waiver, code: why, detail }) => `- rejected: ${code(waiver)}, ${code(why)}: ${escaped(detail)}`),
  ];
}

const rowLine = (row: GateRow): string =>
  `| ${[
    code(row.id),
    standingText(row),
    row.value ?? "-",
    String(row.sample),
    code(row.rule),
    row.bound ?? "-",
    row.severity ?? "-",
  ].join(" | ")} |`;

function toldLines(row: GateRow): readonly string[] {
  const { count, rows } = row.failing;
  return [
    "",
    `### ${escaped(row.id)}: ${standingText(row)}`,
    ...(row.title === null ? [] : ["", escaped(row.title)]),
    "",
    ...row.reasons.map((reason) => `- ${escaped(reason)}`),
    ...(count === 0
      ? []
      : [
          `- rows at fault, ${Math.min(count, ROWS_SHOWN)} of ${count}: ${rows.slice(0, ROWS_SHOWN).map(code).join(", ")}`,
        ]),
    ...row.flip.map((flip) => `- would pass with ${escaped(flipText(flip))}`),
    `- ${escaped(row.remedy)}`,
  ];
}

const code = (text: string): string => `\`${inLine(text).replaceAll("`", "'").replaceAll("|", "\\|")}\``;
const escaped = (text: string): string => inLine(text.replaceAll(/[\\`*_{}[\]<>#|]/g, "\\$&"));
/** Whatever begins a new line would end what it stands in. */
const inLine = (text: string): string => text.replaceAll(/[\r\n]+/g, " ");
