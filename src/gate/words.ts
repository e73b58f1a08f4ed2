import type { Flip, GateRow } from "./decision.ts";

/** A change that would let a row pass, in words. */
export function flipText(flip: Flip): string {
  switch (flip.change) {
    case "add_good":
      return `${flip.count} more, all good`;
    case "add":
      return `${flip.count} more`;
    case "make_good":
      return `${flip.count} of the failing ones good`;
    case "take_away":
      return `${flip.count} fewer`;
    case "reach":
      return `a value of ${flip.value}`;
    case "complete_source":
      return `source ${flip.source} complete`;
    case "clear_trigger":
      return `none of the ${flip.count} of ${flip.metric}`;
    case "make_readable":
      return `the ${flip.count} that cannot be read mended`;
  }
}

/** How a row stands, in one word: its status, or why it does not count. A warning passes. */
export const standingText = ({ status, standing, stage }: GateRow): string =>
  standing === "counts" ? (stage === "warn" ? "WARN" : status) : standing.toUpperCase();

/** Whether a row has something to tell beyond its line. */
export const isTold = ({ status, stage, standing }: GateRow): boolean =>
  standing !== "excluded" && (status !== "PASS" || stage === "warn");
