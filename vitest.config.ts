import { defineConfig } from "vitest/config";
import { WITHOUT_DATABASE } from "./test/database/without.ts";
import { LongFirst } from "./test/long-first.ts";
import { temporaryFolder } from "./test/temporary-folder.ts";

/** Three projects: pure unit tests beside the code; the rest on the embedded PostgreSQL; what asks a database again on a server. */
const databaseSuites = [
  "test/store/**/*.test.ts",
  "test/conformance/**/*.test.ts",
  "test/replay/**/*.test.ts",
  "test/flow/**/*.test.ts",
  "test/crash/**/*.test.ts",
  "test/simulation/**/*.test.ts",
  "test/cli/**/*.test.ts",
  "test/http/**/*.test.ts",
];

/** Many times what tests and their hooks take: only one that hangs is to meet it, not a machine that is busy. */
const TIMEOUT_MS = 180_000;

const TMPDIR = temporaryFolder();

/** In processes of their own, files spent half of their time on loading the same modules again. */
const database = {
  environment: "node" as const,
  setupFiles: ["test/seed.ts"],
  globalSetup: ["test/database/setup.ts"],
  testTimeout: TIMEOUT_MS,
  hookTimeout: TIMEOUT_MS,
  maxWorkers: 2,
  isolate: false,
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "console/src/**/*.test.ts", "test/tidy/**/*.test.ts", "tools/**/*.test.ts"],
          environment: "node",
          setupFiles: ["test/seed.ts"],
          maxWorkers: 2,
          testTimeout: TIMEOUT_MS,
          // Each file in a process of its own took three quarters of the time, to load the same modules again.
          isolate: false,
        },
      },
      {
        test: {
          ...database,
          name: "embedded",
          include: [...databaseSuites, "test/host/**/*.test.ts", "test/console/**/*.test.ts"],
          env: { COUNTERMARK_TEST_DATABASE: "embedded", TMPDIR },
        },
      },
      {
        test: {
          ...database,
          name: "server",
          include: databaseSuites,
          exclude: WITHOUT_DATABASE.flatMap((place) => [place, `${place}/**`]),
          env: { COUNTERMARK_TEST_DATABASE: "server", TMPDIR },
        },
      },
    ],
  },
});
