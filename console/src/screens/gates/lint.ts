import type { ShownPolicy } from "../../api/wire.ts";
import { counted } from "../../ui/count.ts";
import type { Look } from "../../ui/tone.ts";

type Finding = ShownPolicy["findings"][number];

/** What lint says of a policy, in a word: its gravest findings, counted. */
export function lintText(findings: readonly Pick<Finding, "level">[]): Look {
  const count = (level: Finding["level"]): number => findings.filter((one) => one.level === level).length;
  const [errors, warnings, notes] = [count("error"), count("warning"), count("info")];
  if (errors > 0) return { label: counted(errors, "error"), tone: "bad" };
  if (warnings > 0) return { label: counted(warnings, "warning"), tone: "wait" };
  return notes > 0 ? { label: `sound, ${counted(notes, "note")}`, tone: "good" } : { label: "sound", tone: "good" };
}

export const LEVEL_LOOKS: { readonly [L in Finding["level"]]: Look } = {
  error: { label: "error", tone: "bad" },
  warning: { label: "warning", tone: "wait" },
  info: { label: "note", tone: "idle" },
};
