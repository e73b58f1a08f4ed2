import type { Code } from "../contracts/index.ts";
import type { Context } from "./command.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { reportRefusal, talkOf } from "./report.ts";

/** What is wrong with a file, and where in its text that is known: `shop.yaml:12:3`. */
export interface FileFinding {
  readonly file: string;
  readonly code: Code;
  readonly path: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly message: string;
}

/** One line and one remedy for each finding. */
export function reportFindings(context: Context, findings: readonly FileFinding[]): ExitCode {
  for (const { file, code, path, line, column, message } of findings) {
    const at = line === null ? file : `${file}:${line}:${column ?? 1}`;
    reportRefusal(talkOf(context), { code, message: `${at} \`${path}\` ${message}` });
  }
  return EXIT.misuse;
}
