import type { Manifest } from "../bundle/manifest.ts";
import { currentOf, type Environment, type HeldBundle } from "./environment.ts";

/**
 * REL-02: that a bundle's notes go back to something else than prod holds, and so tell people wrong. Null where they do not, where there
 * are none, and before prod: dev and staging hold the candidate.
 */
export function notesWarning(
  to: Environment,
  { remarks }: Pick<Manifest, "remarks">,
  held: readonly HeldBundle[],
): string | null {
  if (to !== "prod" || remarks === undefined) return null;
  const [there, told] = [currentOf(held, to), remarks.replaces];
  if (there?.bundle_id === told?.bundle_id) return null;
  const back = told === null ? "call it the first release" : `go back to \`${told.bundle_id}\``;
  return `its notes ${back}, and prod held ${there === undefined ? "nothing" : `\`${there.bundle_id}\``}`;
}
