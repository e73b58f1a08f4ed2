import { z } from "zod";
import { type Instant, instant } from "../contracts/index.ts";

/** What became of one test over all its attempts. */
export interface TestUnit {
  readonly name: string;
  readonly status: "passed" | "failed" | "unknown";
}

/** A suite's run as evidence. */
export interface TestReport {
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  readonly units: readonly TestUnit[];
  /** Test files that failed without any of their tests failing: what they hold never ran. */
  readonly unreadable: readonly string[];
}

const attempt = z.object({
  fullName: z.string(),
  status: z.enum(["passed", "failed", "skipped", "pending", "todo", "disabled"]),
});
const testFile = z.object({
  name: z.string(),
  status: z.enum(["passed", "failed"]),
  endTime: z.number(),
  assertionResults: z.array(attempt),
});
const document = z.object({ startTime: z.number(), testResults: z.array(testFile) });

type TestFile = z.infer<typeof testFile>;
type Attempt = z.infer<typeof attempt>;

/**
 * Reads vitest's JSON reports as one: the parts of a suite, or several runs of it. Undefined when there is none, or when one of
 * the values is no report.
 */
export function parseTestReports(values: readonly unknown[]): TestReport | undefined {
  const parsed = z.array(document).nonempty().safeParse(values);
  if (!parsed.success) return undefined;
  const files = parsed.data.flatMap(({ testResults }) => testResults);
  const starts = parsed.data.map(({ startTime }) => startTime);
  return {
    startedAt: instant(Math.min(...starts)),
    finishedAt: instant(Math.max(...starts, ...files.map(({ endTime }) => Math.ceil(endTime)))),
    units: unitsOf(files),
    unreadable: files.filter(neverRan).map(({ name }) => name),
  };
}

const neverRan = ({ status, assertionResults }: TestFile): boolean =>
  status === "failed" && !assertionResults.some((one) => one.status === "failed");

/** A test is its file and name; where it runs several times, as on two databases, its attempts are folded into one unit. */
function unitsOf(files: readonly TestFile[]): readonly TestUnit[] {
  const attempts = new Map<string, Attempt[]>();
  for (const { name, assertionResults } of files) {
    for (const one of assertionResults) {
      const key = `${name}\n${one.fullName}`;
      attempts.set(key, [...(attempts.get(key) ?? []), one]);
    }
  }
  return [...attempts.values()].map((all) => ({ name: all[0]?.fullName ?? "", status: folded(all) }));
}

/** Every attempt that ran has to pass, and one has to have run. */
function folded(attempts: readonly Attempt[]): TestUnit["status"] {
  if (attempts.some(({ status }) => status === "failed")) return "failed";
  const ran = attempts.filter(({ status }) => status !== "skipped");
  return ran.length > 0 && ran.every(({ status }) => status === "passed") ? "passed" : "unknown";
}
