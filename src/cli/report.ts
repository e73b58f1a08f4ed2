import { Fault, isCode, type Problem, problemOf, type Refusal } from "../contracts/index.ts";
import { asFault } from "../store/index.ts";
import type { Context, Writer } from "./command.ts";
import { visible } from "./document.ts";
import { exitCodeOf } from "./exit-by-code.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

/** Where a "no" goes and in which form. */
export interface Talk {
  readonly stderr: Writer;
  readonly json: boolean;
  /** The command that says no; left out where the command line was not understood at all. */
  readonly command?: string;
}

export const talkOf = ({ stderr, config, command }: Pick<Context, "stderr" | "config" | "command">): Talk => ({
  stderr,
  json: config.json,
  command,
});

/** Reports a refusal of ours or of the API: one line with its code, one with the remedy. Returns the exit code. */
export function reportProblem({ stderr, json }: Talk, problem: Problem): ExitCode {
  if (json) stderr.write(`${JSON.stringify(problem)}\n`);
  else {
    const place =
      problem.field_path === undefined || problem.detail.includes(problem.field_path)
        ? ""
        : ` at \`${problem.field_path}\``;
    stderr.write(`${problem.code}: ${oneLine(problem.detail)}${place}\nremedy: ${problem.remedy}\n`);
  }
  return isCode(problem.code) ? exitCodeOf(problem.code) : EXIT.internal;
}

/** @param remedy takes the place of the code's general one where more is known */
export function reportRefusal(talk: Talk, refusal: Refusal | Fault, remedy?: string): ExitCode {
  const problem = problemOf(refusal);
  const special = remedy ?? (problem.code === "USAGE" ? usageRemedy(talk) : undefined);
  return reportProblem(talk, special === undefined ? problem : { ...problem, remedy: special });
}

const usageRemedy = ({ command }: Talk): string | undefined =>
  command === undefined ? undefined : `see \`countermark ${command} --help\``;

/** Reports what was thrown: a fault like a refusal; anything else is a bug, with its stack. */
export function reportError(talk: Talk, thrown: unknown): ExitCode {
  const error = asFault(thrown);
  if (error instanceof Fault) return reportRefusal(talk, error);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (talk.json) talk.stderr.write(`${JSON.stringify({ code: "INTERNAL", detail: stack })}\n`);
  else
    talk.stderr.write(`INTERNAL: this is a bug in countermark\nremedy: please report it with what follows\n${stack}\n`);
  return EXIT.internal;
}

const oneLine = (text: string): string => visible(text.replaceAll(/\s*\n\s*/g, " "));
