import { type Decision, decisionJunit, decisionMarkdown, decisionSarif } from "../gate/index.ts";
import type { Arguments, Context } from "./command.ts";
import { decisionLines } from "./gate-lines.ts";
import { paintOf } from "./output.ts";
import { VERSION } from "./version.ts";

export const FORMATS = ["table", "core", "export", "markdown", "junit", "sarif"] as const;
type Format = (typeof FORMATS)[number];

export const formatIn = (args: Arguments): Format | undefined =>
  FORMATS.find((format) => format === args.value("format"));

/** A decision as it is printed; `export` alone is of more than a decision. */
export function formatted(format: Exclude<Format, "export">, context: Context, decision: Decision): string {
  switch (format) {
    case "table":
      return decisionLines(decision, paintOf(context)).join("\n");
    case "core":
      return JSON.stringify(decision, null, 2);
    case "markdown":
      return decisionMarkdown(decision).trimEnd();
    case "junit":
      return decisionJunit(decision).trimEnd();
    case "sarif":
      return JSON.stringify(decisionSarif(decision, VERSION), null, 2);
  }
}
