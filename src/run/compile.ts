import { assert, digestOf, isJson } from "../contracts/index.ts";
import { checkBoundsPresent } from "./compile/bounds-present.ts";
import { checkFinancialApproval } from "./compile/financial-approval.ts";
import { type Finding, inOrder } from "./compile/finding.ts";
import { checkScopesPresent, findOrphanScopes } from "./compile/scopes-present.ts";
import { checkToolClosure } from "./compile/tool-closure.ts";
import { compileWorkflow } from "./compile/workflow.ts";
import type { CompiledPack, CompiledWorkflow } from "./compiled.ts";
import type { Pack } from "./definition.ts";
import type { DraftPack } from "./pack-shape.ts";

/** A compiled pack, or everything that forbids it to run. Warnings forbid nothing. */
export type Compilation =
  | { readonly ok: true; readonly compiled: CompiledPack; readonly warnings: readonly Finding[] }
  | { readonly ok: false; readonly errors: readonly Finding[]; readonly warnings: readonly Finding[] };

/**
 * Runs the four compile checks, all of them always, and compiles what passed. Findings are ordered by check, then by path,
 * so that the same pack always gives the same output.
 *
 * @see commerce-kernel section 5, CC-01 to CC-04
 */
export function compilePack(draft: DraftPack): Compilation {
  const errors = inOrder([
    ...checkToolClosure(draft),
    ...checkBoundsPresent(draft),
    ...checkScopesPresent(draft),
    ...checkFinancialApproval(draft),
  ]);
  const warnings = inOrder(findOrphanScopes(draft));
  if (!isComplete(draft, errors)) return { ok: false, errors, warnings };
  const pack: Pack = draft;
  const workflows = pack.workflows.map((workflow) => [workflow.id, compileWorkflow(pack, workflow)]);
  const compiled = {
    pack: withOwnNames(pack),
    config_hash: hashOf(pack),
    workflows: onlyOwn<CompiledWorkflow>(Object.fromEntries(workflows)),
  };
  return { ok: true, compiled: deepFrozen(compiled), warnings };
}

/** A draft that the checks found nothing wrong with has all that its kinds of steps require. */
const isComplete = (draft: DraftPack, errors: readonly Finding[]): draft is DraftPack & Pack => errors.length === 0;

/** The pack as it is looked up by a tool's name: one called `constructor` has no scope or rule that it was not given. */
const withOwnNames = (pack: Pack): Pack => ({
  ...pack,
  tools: onlyOwn(pack.tools),
  scopes: onlyOwn(pack.scopes),
  hitl_rules: onlyOwn(pack.hitl_rules),
});

const onlyOwn = <T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.assign(Object.create(null), record);

function hashOf(pack: Pack): string {
  const plain: unknown = pack;
  assert(isJson(plain), "a pack is plain JSON");
  return digestOf(plain);
}

function deepFrozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) deepFrozen(member);
  return Object.freeze(value);
}
