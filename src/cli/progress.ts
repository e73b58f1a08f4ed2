import type { Context } from "./command.ts";

/** A line on a terminal that says what is being waited for, and goes away. Silent elsewhere. */
export interface Progress {
  show(text: string): void;
  clear(): void;
}

/** Longer text would wrap, and a wrapped line cannot be taken back. */
const CHARS_MAX = 79;
const ERASE_LINE = "\r\u001b[2K";

const SILENT: Progress = { show: () => undefined, clear: () => undefined };

export function progress({ stderr, terminal, config }: Pick<Context, "stderr" | "terminal" | "config">): Progress {
  if (!terminal.stderr || config.json) return SILENT;
  return {
    show: (text) => stderr.write(`${ERASE_LINE}${text.slice(0, CHARS_MAX)}`),
    clear: () => stderr.write(ERASE_LINE),
  };
}
