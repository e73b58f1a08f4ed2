import { writeFileSync } from "node:fs";
import { exitCodeOf } from "../src/cli/exit-by-code.ts";
import { CODES, type Code, codeEntry, isCode } from "../src/contracts/index.ts";

const HEAD = `# Codes

Printed from \`src/contracts/codes.ts\`. Codes are API: never reused, never renamed. A refusal says that a rule says no, a fault
that the world failed; both carry a code, and with it what it means and what to do. Over HTTP it is a problem document (RFC 9457)
with the status below; a command prints code, reason and remedy on standard error and ends with the exit code below. Where a
command reports a run, the code is the run's.

| code | HTTP | exit | meaning | remedy |
|---|---|---|---|---|
`;

/** `docs/reference/codes.md`, one row per code in the order of the table, where related codes stand together. */
export const codesReference = (): string => `${HEAD}${Object.keys(CODES).filter(isCode).map(row).join("\n")}\n`;

function row(code: Code): string {
  const { status, meaning, remedy } = codeEntry(code);
  return `| \`${code}\` | ${status} | ${exitCodeOf(code)} | ${cell(meaning)} | ${cell(remedy)} |`;
}

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** The compiled script, from `dist/tools/`; a test compares the page with what is printed here. */
if (process.argv[1] === import.meta.filename)
  writeFileSync(new URL("../../docs/reference/codes.md", import.meta.url), codesReference());
