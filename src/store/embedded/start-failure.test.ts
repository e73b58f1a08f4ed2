import { expect, test } from "vitest";
import { startFailure } from "./start-failure.ts";

const line = (process: string, sqlstate: string, text: string) =>
  `2026-03-01 10:00:00.000 UTC [42] ${process} ${sqlstate} ${text}\n`;

const GREETING = line("postmaster", "00000", "LOG:  starting PostgreSQL 18.4");

test.each([
  ["data_corrupted, anywhere", "postmaster", "XX001", "corrupt"],
  ["a file that is gone", "postmaster", "58P01", "corrupt"],
  ["a configuration that cannot be read", "postmaster", "F0000", "corrupt"],
  ["a recovery that has no checkpoint to begin from", "startup", "XX000", "corrupt"],
  ["a recovery that finds the disk full", "startup", "53100", "unavailable"],
  ["another server's lock file", "postmaster", "F0001", "busy"],
  ["no memory to map", "postmaster", "XX000", "unavailable"],
])("%s is told by process and SQLSTATE, not by its words", (_, process, sqlstate, kind) => {
  const log = GREETING + line(process, sqlstate, "FATAL:  words in any language");

  expect(startFailure(log)).toEqual({ kind, message: "words in any language" });
});

test("the first failure counts, whatever its consequences say", () => {
  const log = line("startup", "XX000", "PANIC:  first") + line("postmaster", "F0001", "FATAL:  second");

  expect(startFailure(log)).toEqual({ kind: "corrupt", message: "first" });
});

test("without a failure in the log its last line is what is known", () => {
  expect(startFailure(`${GREETING}postgres: killed\n`)).toEqual({ kind: "unavailable", message: "postgres: killed" });
  expect(startFailure("")).toEqual({ kind: "unavailable", message: "" });
});
