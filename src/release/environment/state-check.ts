import type { Refusal } from "../../contracts/index.ts";
import type { Compat } from "../bundle/manifest.ts";

/**
 * RBK-03: what keeps one bundle from reading the state that another one leaves. A migration of the state that the other has and this one
 * lacks has to be reversible; state that is newer without such a migration, nobody can bring back. Null: nothing does.
 */
export function stateProblem(to: Compat | null, from: Compat | null): string | null {
  if (from === null) return null;
  const known = new Set((to?.migrations ?? []).map(({ id }) => id));
  const since = from.migrations.filter(({ id }) => !known.has(id));
  const irreversible = since.filter(({ reversible }) => !reversible).map(({ id }) => `\`${id}\``);
  if (irreversible.length > 0) return `${irreversible.join(", ")} cannot be undone`;
  const version = to?.state_version ?? 1;
  return version < from.state_version && since.length === 0
    ? `it reads state of version ${version}, and there is state of version ${from.state_version}`
    : null;
}

/** The same as what refuses a promotion. */
export function stateRefusal(to: Compat | null, from: Compat | null): Refusal | null {
  const problem = stateProblem(to, from);
  return problem === null ? null : { code: "STATE_COMPATIBILITY", message: problem };
}
