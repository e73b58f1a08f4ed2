import { create } from "xmlbuilder";
import { formatInstant } from "../../contracts/index.ts";
import { xmlText } from "../../gate/index.ts";
import type { CaseOutcome, SuiteOutcome } from "../../release/index.ts";
import type { CompiledPack } from "../../run/index.ts";

const MS_PER_SECOND = 1000;

/** A suite's run as a JUnit report: a test case for each input of a golden case. */
export function suiteJunit({ pack }: CompiledPack, { cases, startedAt }: SuiteOutcome): string {
  const units = cases.flatMap((one) => one.units);
  const suite = create("testsuites").ele("testsuite", {
    name: `golden ${pack.id} ${pack.version}`,
    timestamp: formatInstant(startedAt),
    tests: units.length,
    failures: units.filter(({ passed }) => !passed).length,
    errors: 0,
    skipped: 0,
  });
  for (const one of cases) {
    for (const [index, unit] of one.units.entries()) {
      const ms = unit.attempts.reduce((sum, attempt) => sum + attempt.ms, 0);
      const name = xmlText(`${one.name} (${index + 1})`);
      const test = suite.ele("testcase", { classname: one.id, name, time: String(ms / MS_PER_SECOND) });
      const [failed] = unit.attempts.filter(({ differences }) => differences.length > 0);
      if (failed !== undefined)
        test.ele(
          "failure",
          { type: typeOf(one, unit.flaky), message: xmlText(failed.differences[0] ?? "") },
          xmlText(failed.differences.join("\n")),
        );
    }
  }
  return suite.end({ pretty: true });
}

const typeOf = ({ status }: CaseOutcome, flaky: boolean): string => (flaky ? "flaky" : status);
