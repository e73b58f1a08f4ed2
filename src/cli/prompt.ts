import type { Context } from "./command.ts";

/** Longest answer read: a person's line, not a file. */
const ANSWER_CHARS_MAX = 1_000;

/** Asks a question whose answer is yes or no. Without a person at both ends, or without an answer, it is no. */
export async function confirm(context: Context, question: string): Promise<boolean> {
  const { terminal, stderr } = context;
  if (!terminal.stdin || !terminal.stderr) return false;
  stderr.write(`${question} [y/N] `);
  return /^y(es)?$/i.test((await readLine(context)).trim());
}

/** The next line of standard input; what there is of it when the input ends or the process is interrupted. */
async function readLine({ stdin, interrupted }: Context): Promise<string> {
  const input = stdin[Symbol.asyncIterator]();
  const decoder = new TextDecoder();
  let line = "";
  const stopped = new Promise<undefined>((resolve) => {
    interrupted.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  while (!interrupted.aborted && !line.includes("\n") && line.length < ANSWER_CHARS_MAX) {
    const next = await Promise.race([input.next(), stopped]);
    if (next === undefined) return ""; // interrupted: no answer; main ends the process, the read with it
    if (next.done === true) break;
    line += typeof next.value === "string" ? next.value : decoder.decode(next.value, { stream: true });
  }
  void input.return?.();
  return line.split("\n")[0] ?? "";
}
