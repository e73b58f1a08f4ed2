import type { Refusal } from "../../contracts/index.ts";
import { CONTEXT_FILE } from "../../gate/index.ts";
import type { Lineage, LineageNode } from "../lineage/model.ts";

/**
 * REL-01: what a release that was decided on a pipeline's reports does not carry of them: a report, what says of which runs these
 * are and how their jobs ended, or the decision itself. Nothing of one that was decided on other evidence, which may be a ledger's.
 *
 * @param carried digests by which the files of the bundle may be known
 */
export function packageProblems({ lineage: { nodes } }: Lineage, carried: ReadonlySet<unknown>): readonly Refusal[] {
  if (!nodes.some(({ type, path }) => type === "input" && path === CONTEXT_FILE)) return [];
  return nodes
    .filter((node) => isPackaged(node) && ![node.file_sha256, node.report_digest].some((one) => carried.has(one)))
    .map(({ id, path }) => ({
      code: "BUNDLE_MISSING_EVIDENCE",
      message: `the release does not carry ${typeof path === "string" ? `\`${path}\`` : `the decision ${id}`}`,
    }));
}

const isPackaged = ({ id, type, kind, path }: LineageNode): boolean =>
  (type === "artifact" && /^R\d\d(?:-[a-z]+)?\.json$/.test(String(path))) ||
  id.startsWith("input.config.") ||
  (type === "decision" && kind === "gate");
