import type { Log, Result } from "sarif";
import type { Decision, GateRow } from "./decision.ts";
import { flipText, isTold } from "./words.ts";

/** A decision as a SARIF 2.1.0 log: a result a gate that does not pass, with the rows of evidence that are at fault. */
export function decisionSarif(decision: Decision, version: string): Log {
  const { policy, gates, verdict, digest } = decision;
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "countermark",
            version,
            rules: gates.map(({ id, title, remedy }) => ({
              id,
              shortDescription: { text: title ?? id },
              help: { text: remedy },
            })),
          },
        },
        results: gates.filter(isTold).map(resultOf),
        properties: { verdict, decision: digest, policy: `${policy.id} ${policy.version}` },
      },
    ],
  };
}

function resultOf(row: GateRow): Result {
  const { id, reasons, flip, failing, value, rule, standing } = row;
  const text = [
    `${value ?? "nothing"} ${rule}`,
    ...reasons.map(linkless),
    ...flip.map((one) => `would pass with ${flipText(one)}`),
  ].join("; ");
  return {
    ruleId: id,
    level: levelOf(row),
    kind: row.status === "PASS" ? "informational" : row.status === "FAIL" ? "fail" : "open",
    message: { text },
    locations: failing.rows.map((name) => ({ logicalLocations: [{ fullyQualifiedName: name, kind: "evidence" }] })),
    ...(standing === "waived" ? { suppressions: [{ kind: "external", justification: row.waiver ?? "" }] } : {}),
  };
}

/** A message may have links, written as in Markdown: what evidence is named by becomes none. */
const linkless = (text: string): string => (text.includes("](") ? text.replaceAll(/[\\[\]]/g, "\\$&") : text);

/** SARIF allows a level other than `none` only of what fails. */
function levelOf({ status, severity }: GateRow): Result["level"] {
  if (status !== "FAIL") return "none";
  return severity === "critical" || severity === "high" ? "error" : severity === "medium" ? "warning" : "note";
}
