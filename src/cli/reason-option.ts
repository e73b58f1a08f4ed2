import type { Option } from "./command.ts";

/** How a command is told why. */
export const OPTIONAL_REASON: Option = { flags: "--reason <text>", summary: "why, for the record" };

export const REASON: Option = { ...OPTIONAL_REASON, required: true };
