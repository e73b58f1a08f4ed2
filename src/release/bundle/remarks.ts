import type { Refusal } from "../../contracts/index.ts";
import type { Manifest, Remarks } from "./manifest.ts";

type Policies = Manifest["policies"];

/** A policy that is another than in the bundle that is replaced; undefined where there is, or was, none. */
export interface PolicyChange {
  readonly id: string;
  readonly from: Policies[number] | undefined;
  readonly to: Policies[number] | undefined;
  /** Undefined where nobody said why. */
  readonly reason: string | undefined;
}

/** What changed in the policies by which releases are decided, by id. A first release changes none. */
export function policyChanges({ replaces, policy_changes }: Remarks, policies: Policies): readonly PolicyChange[] {
  if (replaces === null) return [];
  const ids = [...new Set([...replaces.policies, ...policies].map(({ id }) => id))].sort();
  return ids
    .map((id) => ({
      id,
      from: replaces.policies.find((policy) => policy.id === id),
      to: policies.find((policy) => policy.id === id),
      reason: Object.hasOwn(policy_changes, id) ? policy_changes[id] : undefined,
    }))
    .filter(({ from, to }) => from?.digest !== to?.digest);
}

/** What the notes of a release would not tell: nothing said at all, a change without its reason, a reason of no change. */
export function remarksProblems(remarks: Remarks | undefined, policies: Policies): readonly Refusal[] {
  if (remarks === undefined)
    return [incomplete("nobody says what it cannot do, what changed in its policies and what it replaces")];
  const changes = policyChanges(remarks, policies);
  return [
    ...changes
      .filter(({ reason }) => reason === undefined)
      .map(({ id }) =>
        incomplete(`policy \`${id}\` is another than in the bundle that is replaced, and nobody says why`),
      ),
    ...Object.keys(remarks.policy_changes)
      .filter((id) => !changes.some((change) => change.id === id))
      .map((id) => incomplete(`a change of policy \`${id}\` is told of, and there is none`)),
  ];
}

const incomplete = (message: string): Refusal => ({ code: "RELEASE_NOTES_COMPLETE", message });
