import type { JsonObject, Result } from "../contracts/index.ts";
import { type Answer, type Client, withClient } from "./client.ts";
import type { Context } from "./command.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import type { KeyHolder } from "./key-file.ts";
import { type Paint, print } from "./output.ts";
import { reportProblem, reportRefusal, talkOf } from "./report.ts";

/** One request and how its answer is shown: most commands are no more than this. */
export interface Asked {
  readonly holder?: KeyHolder;
  ask(client: Client): Promise<Answer>;
  lines(body: JsonObject, paint: Paint): readonly string[];
  /** What the answer means to a script; done unless told. */
  exit?(body: JsonObject): ExitCode;
}

/** Asks the API and prints what it answers, or reports what it refuses. */
export async function askAndPrint(context: Context, asked: Asked): Promise<ExitCode> {
  const answer = await withClient(context, asked.holder ?? "owner", (client) => asked.ask(client));
  return printAnswer(context, answer, asked);
}

/** Prints an answer that was had already. */
export function printAnswer(
  context: Context,
  answer: Result<Answer>,
  { lines, exit }: Pick<Asked, "lines" | "exit">,
): ExitCode {
  if (!answer.ok) return reportRefusal(talkOf(context), answer.refusal);
  if (!answer.value.ok) return reportProblem(talkOf(context), answer.value.problem);
  const { body } = answer.value;
  print(context, body, (paint) => lines(body, paint));
  return exit?.(body) ?? EXIT.done;
}

/** A path's part that came from outside. */
export const part = (text: string): string => encodeURIComponent(text);
