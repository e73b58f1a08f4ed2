import { create } from "xmlbuilder";
import type { Decision, GateRow } from "./decision.ts";
import { flipText, standingText } from "./words.ts";

/** A decision as a JUnit report: a test case a gate, so that any CI shows which of them keep a release back. */
export function decisionJunit(decision: Decision): string {
  const { policy, profile, gates, verdict, decided_at, digest } = decision;
  const counting = gates.filter(({ standing }) => standing === "counts");
  const failures = counting.filter(({ status }) => status === "FAIL").length;
  const suite = create("testsuites").ele("testsuite", {
    name: `${policy.id} ${policy.version}${profile === null ? "" : ` ${profile}`}`,
    timestamp: decided_at,
    tests: gates.length,
    failures,
    errors: counting.filter(({ status }) => status !== "PASS").length - failures,
    skipped: gates.length - counting.length,
  });
  const properties = suite.ele("properties");
  properties.ele("property", { name: "verdict", value: verdict });
  properties.ele("property", { name: "decision", value: digest });
  for (const row of gates) {
    const testCase = suite.ele("testcase", { classname: row.group ?? policy.id, name: xmlText(row.title ?? row.id) });
    if (row.standing !== "counts") testCase.ele("skipped");
    else if (row.status === "FAIL") testCase.ele("failure", aboutOf(row), told(row));
    else if (row.status !== "PASS") testCase.ele("error", aboutOf(row), told(row));
  }
  return suite.end({ pretty: true });
}

const aboutOf = (row: GateRow) => ({
  type: standingText(row),
  message: xmlText(`${row.value ?? "nothing"} ${row.rule}`),
});

const told = ({ id, reasons, flip, remedy }: GateRow): string =>
  xmlText([id, ...reasons, ...flip.map((one) => `would pass with ${flipText(one)}`), remedy].join("\n"));

/** Whatever is not a `Char` of XML 1.0. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Text without what has no place in XML, however it is written. */
export const xmlText = (text: string): string => text.replaceAll(FORBIDDEN, "\ufffd");
