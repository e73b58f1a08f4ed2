/** A bundle's id, or its root digest, as it is told apart: its label and the beginning of its root. */
export function shortBundle(id: string): string {
  const parts = id.split("-");
  const [label, end] = [parts[0] ?? "", parts.at(-1) ?? ""];
  if (/^[0-9a-f]{64}$/.test(id)) return `root ${id.slice(0, 7)}`;
  return parts.length < 3 ? id : `${label} ${end.slice(0, 7)}`;
}

/** The checks of a promotion in words: what holds where one passes, and what does not where it fails. */
const CHECKS: { readonly [check: string]: readonly [holds: string, fails: string] } = {
  bundle_verify_ok: ["the bundle is whole", "the bundle is not whole"],
  bundle_signature_valid: [
    "it is signed by a key that is trusted here",
    "it is not signed by a key that is trusted here",
  ],
  source_provenance_valid: ["it was built from what it says", "nothing shows that it was built from what it says"],
  release_gate_contract_valid: ["what its gates said can be read", "what its gates said cannot be read"],
  promotion_readiness_contract_valid: ["its readiness can be read", "its readiness cannot be read"],
  promotion_readiness_status_passed: ["it is ready", "it is not ready"],
  promotion_readiness_allows_target_env: [
    "its readiness is of this environment",
    "its readiness is of another environment",
  ],
  environment_transition_allowed: ["it may come here", "it may not come here"],
  source_environment_has_same_bundle: [
    "the environment before runs it, and it is healthy there",
    "the environment before does not run it, or it is not healthy there",
  ],
  source_soak_satisfied: ["it ran there long enough", "it has not run there long enough"],
  bundle_not_marked_bad: ["nobody marked it bad", "it was marked bad"],
  release_gate_allows_promotion: ["the policies that it pins say GO", "a policy that it pins does not say GO"],
  approvals_satisfied: ["enough people agreed", "too few people agreed"],
  change_freeze_inactive: ["no hold is in force", "a hold is in force"],
  release_lineage_complete: ["all that it came from was seen", "not all that it came from was seen"],
  state_compatibility: ["it works with the state that is there", "it does not work with the state that is there"],
};

export function checkText({ check, passed }: { readonly check: string; readonly passed: boolean }): string {
  const [holds, fails] = CHECKS[check] ?? [check.replaceAll("_", " "), `not ${check.replaceAll("_", " ")}`];
  return passed ? holds : fails;
}
