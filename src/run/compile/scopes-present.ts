import type { DraftPack } from "../pack-shape.ts";
import { type Finding, finding } from "./finding.ts";

/** CC-03: every tool has a scope of its own that allows something. */
export const checkScopesPresent = (pack: DraftPack): readonly Finding[] =>
  Object.keys(pack.tools).flatMap((tool): readonly Finding[] => {
    const scope = Object.hasOwn(pack.scopes, tool) ? pack.scopes[tool] : undefined;
    const path = ["scopes", tool];
    if (scope === undefined) return [finding("CC-03", "CC03_SCOPE_MISSING", path, `the tool \`${tool}\` has no scope`)];
    const named = `the scope of \`${tool}\` names \`${scope.tool_name}\``;
    const empty = `the scope of \`${tool}\` allows no operation`;
    return [
      ...(scope.tool_name === tool ? [] : [finding("CC-03", "CC03_SCOPE_MISMATCH", [...path, "tool_name"], named)]),
      ...(scope.allowed_operations.length > 0
        ? []
        : [finding("CC-03", "CC03_SCOPE_EMPTY", [...path, "allowed_operations"], empty)]),
    ];
  });

/** Scopes of tools that the pack does not have: harmless, hence warnings. */
export const findOrphanScopes = (pack: DraftPack): readonly Finding[] =>
  Object.keys(pack.scopes)
    .filter((tool) => !Object.hasOwn(pack.tools, tool))
    .map((tool) => finding("CC-03", "CC03_SCOPE_ORPHAN", ["scopes", tool], `there is no tool \`${tool}\``));
