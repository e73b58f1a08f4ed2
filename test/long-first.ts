import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Minutes and half minutes, the longest first. A fresh installation has timed no file yet, and a long file may be short to read. */
export const LONG: readonly string[] = [
  "test/simulation/scenarios.test.ts",
  "test/crash/many-kills.test.ts",
  "test/console/console.test.ts",
  "test/simulation/mutants.test.ts",
  "test/crash/agent.test.ts",
  "test/conformance/temporal-scheduler.test.ts",
  "test/crash/crash-points.test.ts",
  "test/console/releases.test.ts",
  "test/host/embedded-sharing.test.ts",
  "test/host/embedded-damage.test.ts",
  "test/cli/process.test.ts",
  "test/host/embedded-places.test.ts",
  "test/cli/demo.test.ts",
  "test/console/runs.test.ts",
  "test/crash/takeover.test.ts",
  "test/cli/agent-example.test.ts",
  "test/simulation/simulate.test.ts",
  "test/cli/suite.test.ts",
  "test/conformance/temporal-cluster.test.ts",
];

interface File {
  readonly moduleId: string;
  readonly project: unknown;
}

/** Begins a project's long files first: one that begins last leaves the other worker with nothing to do. */
export function longFirst<F extends File>(files: readonly F[]): F[] {
  const projects = [...new Set(files.map(({ project }) => project))];
  return projects.flatMap((asked) =>
    files.filter(({ project }) => project === asked).toSorted((a, b) => placeOf(a) - placeOf(b)),
  );
}

const placeOf = ({ moduleId }: File): number => {
  const found = LONG.findIndex((path) => moduleId.endsWith(`/${path}`));
  return found === -1 ? LONG.length : found;
};

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return longFirst(await super.sort(files));
  }
}
