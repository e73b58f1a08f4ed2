import pc from "picocolors";
import type { JsonObject } from "../contracts/index.ts";
import type { Context } from "./command.ts";
import { numberOf, rawOf } from "./document.ts";

/** Marks for a person's eyes; plain text where colour is not wanted. */
export type Paint = Pick<ReturnType<typeof pc.createColors>, "bold" | "dim" | "green" | "yellow" | "red" | "cyan">;

export const paintOf = ({ config }: Pick<Context, "config">): Paint => pc.createColors(config.colour);

/** Prints data: exactly the value under `--json`, else the lines made for a person. */
export function print(context: Context, value: unknown, lines: (paint: Paint) => readonly string[]): void {
  const text = context.config.json ? JSON.stringify(value, null, 2) : lines(paintOf(context)).join("\n");
  if (text !== "") context.stdout.write(`${text}\n`);
}

/** Says something that is not data. Silent under `--json`. */
export function note(context: Pick<Context, "stderr" | "config">, line: string): void {
  if (!context.config.json) context.stderr.write(`${line}\n`);
}

/** Says how to ask for what follows a page; nothing where it is the last. */
export function noteNext(context: Context, page: JsonObject, option: "--after" | "--before"): void {
  const next = rawOf(page, "next") ?? numberOf(page, "next");
  if (next !== undefined) note(context, `there are more: ${option} ${next}`);
}
