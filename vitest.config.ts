import { defineConfig } from "vitest/config";

/** Three projects: pure unit tests beside the code; everything that needs a database, once on each PostgreSQL. */
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

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "console/src/**/*.test.ts", "test/tidy/**/*.test.ts", "tools/**/*.test.ts"],
          environment: "node",
          setupFiles: ["test/seed.ts"],
          maxWorkers: 2,
          // Each file in a process of its own took three quarters of the time, to load the same modules again.
          isolate: false,
        },
      },
      {
        test: {
          name: "embedded",
          include: [...databaseSuites, "test/host/**/*.test.ts", "test/console/**/*.test.ts"],
          environment: "node",
          setupFiles: ["test/seed.ts"],
          env: { COUNTERMARK_TEST_DATABASE: "embedded" },
          globalSetup: ["test/database/setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "server",
          include: databaseSuites,
          environment: "node",
          setupFiles: ["test/seed.ts"],
          env: { COUNTERMARK_TEST_DATABASE: "server" },
          globalSetup: ["test/database/setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
