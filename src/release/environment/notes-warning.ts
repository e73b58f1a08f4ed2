import type { Manifest } from "../bundle/manifest.ts";
import type { Environment } from "./environment.ts";

/**
 * REL-02: that a bundle's notes go back to something else than prod holds, and so tell people wrong. Null where they do not, where there
 * are none, and before prod: dev and staging hold the candidate.
 *
 * @param there the id of the bundle that it takes the place of
 */
export function notesWarning(
  to: Environment,
  { remarks }: Pick<Manifest, "remarks">,
  there: string | null,
): string | null {
  if (to !== "prod" || remarks === undefined) return null;
  const told = remarks.replaces;
  if (there === (told?.bundle_id ?? null)) return null;
  const back = told === null ? "call it the first release" : `go back to \`${told.bundle_id}\``;
  return `its notes ${back}, and in prod it takes the place of ${there === null ? "nothing" : `\`${there}\``}`;
}
