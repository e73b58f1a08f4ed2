import { BETA_CODES } from "./beta-codes.ts";
import { entry } from "./code-entry.ts";
import { COUNTING_CODES } from "./counting-codes.ts";
import { EVIDENCE_CODES } from "./evidence-codes.ts";
import { LINEAGE_CODES } from "./lineage-codes.ts";
import { PROMOTION_CODES } from "./promotion-codes.ts";
import { SUITE_CODES } from "./suite-codes.ts";
import { WAIVER_CODES } from "./waiver-codes.ts";

/** Codes of bundles, trust, environments and waivers; part of the one table. */
export const RELEASE_CODES = {
  ...WAIVER_CODES,
  ...LINEAGE_CODES,
  ...BETA_CODES,
  ...COUNTING_CODES,
  ...EVIDENCE_CODES,
  ...PROMOTION_CODES,
  ...SUITE_CODES,
  BUNDLE_MALFORMED: entry(422, "the file is no bundle", "build it anew with `countermark bundle build`"),
  BUNDLE_MISSING_MANIFEST: entry(422, "the bundle has no manifest", "build it anew with `countermark bundle build`", [
    "missing_manifest",
  ]),
  BUNDLE_INVALID_MANIFEST: entry(
    422,
    "the manifest is not well formed, or contradicts itself",
    "build it anew with `countermark bundle build`",
    ["invalid_manifest"],
  ),
  BUNDLE_CONTRACT: entry(
    422,
    "the manifest is of a contract that this version does not know",
    "verify it with the version that built it",
  ),
  BUNDLE_SIGNATURE: entry(
    422,
    "the signature is not one of this key over this document",
    "do not use it; obtain it again from who signed it",
  ),
  BUNDLE_UNTRUSTED_KEY: entry(
    422,
    "it is signed with a key that the roster does not have, or not at all",
    "add the key to the roster, if its holder may sign such things here",
    ["untrusted_key"],
  ),
  BUNDLE_KEY_EXPIRED: entry(
    422,
    "the key was not valid at that time",
    "sign with a valid key, or renew the key in the roster",
  ),
  BUNDLE_KEY_REVOKED: entry(422, "the key was revoked", "have it signed anew with a key that is trusted"),
  BUNDLE_KEY_ROLE: entry(
    422,
    "the key may not sign this",
    "sign with a key of the role named, or give the key the role in the roster",
  ),
  BUNDLE_MISSING_FILE: entry(422, "a file that the manifest lists is not there", "obtain the bundle again", [
    "missing_file",
  ]),
  BUNDLE_CHECKSUM: entry(422, "a file is not what the manifest lists", "obtain the bundle again"),
  BUNDLE_UNLISTED_FILE: entry(422, "the bundle holds a file that its manifest does not list", "obtain it again", [
    "unlisted_file",
  ]),
  BUNDLE_UNSAFE_PATH: entry(422, "a path in the bundle leads out of a folder", "do not use the bundle", [
    "unsafe_path",
  ]),
  BUNDLE_MISSING_EVIDENCE: entry(
    422,
    "the bundle lacks what its label asks for",
    "give what is named when building: `--lock package-lock.json`, `--lineage FILE`, `--evidence FILE`",
    ["missing_evidence"],
  ),
  BUNDLE_CONTENT_MISMATCH: entry(
    422,
    "the manifest does not describe what the bundle holds",
    "build it anew with `countermark bundle build`",
  ),
  RELEASE_NOTES_COMPLETE: entry(
    422,
    "the notes of the release would not tell what people have to know of it",
    "say what is named in the file of `bundle build --notes`, and give with `--replaces` the bundle that it replaces",
    ["release_notes_complete"],
  ),
  BUNDLE_COMMIT_MISMATCH: entry(422, "the bundle's id and its source name different commits", "build it anew", [
    "commit_mismatch",
  ]),
  BUNDLE_DIRTY_SOURCE: entry(
    422,
    "the sources were not committed, and the bundle is more than a preview",
    "commit, and build again",
    ["dirty_source"],
  ),
  BUNDLE_EXISTS: entry(409, "another bundle has this id already", "build it anew; its id will be another"),
  BUNDLE_NOT_FOUND: entry(
    404,
    "no such bundle was promoted before",
    "promote it from its file first; then its id is in `countermark env show`",
  ),
  ENVIRONMENT_LOCKED: entry(409, "another move of the environment is under way", "try again when it is done", [
    "environment_locked",
  ]),
  ENVIRONMENT_EMPTY: entry(409, "the environment holds no bundle", "promote one with `countermark promote`"),
  ENVIRONMENT_TRANSITION_ALLOWED: entry(
    403,
    "the bundle may not come into this environment",
    "build a candidate or a release for staging and prod; a bundle that is there already needs no promotion",
    ["environment_transition_allowed"],
  ),
  SOURCE_ENVIRONMENT_HAS_SAME_BUNDLE: entry(
    403,
    "the environment before does not hold this bundle in good health",
    "promote it there first, and say how it does with `countermark env health`",
    ["source_environment_has_same_bundle"],
  ),
  BUNDLE_MARKED_BAD: entry(403, "the bundle was marked bad", "mend what was wrong, and build a new bundle"),
  RELEASE_GATE_ALLOWS_PROMOTION: entry(
    403,
    "a policy of the bundle says NO-GO",
    "see the rows of the decision that failed, and what would flip them",
    ["release_gate_allows_promotion"],
  ),
  RELEASE_GATE_EVIDENCE_MISSING: entry(
    403,
    "a policy of the bundle has said nothing of it that holds now, or lacks evidence",
    "evaluate it about the bundle: `countermark gate eval POLICY --subject ROOT_DIGEST`",
  ),
  CHANGE_FREEZE_INACTIVE: entry(
    403,
    "the environment is held",
    "wait, or have the hold lifted with `countermark env lift`; a rollback is possible meanwhile",
    ["change_freeze_inactive"],
  ),
  ROLLBACK_TARGET_MISSING: entry(
    409,
    "nothing is known to have done well in the environment before",
    "promote a bundle that mends it",
  ),
  GATE_EVIDENCE_OF_ANOTHER: entry(
    422,
    "the evidence says itself to be about another bundle than it is brought for",
    "bring the evidence of this bundle, or name the bundle that it is about",
  ),
  SOURCE_SOAK_SATISFIED: entry(
    403,
    "the environment before has not held the bundle long enough",
    "wait; how long it takes is set with `countermark env set`",
    ["source_soak_satisfied"],
  ),
  APPROVALS_SATISFIED: entry(
    403,
    "too few people have approved that the bundle comes into the environment",
    "have it approved: `countermark env approve ENVIRONMENT BUNDLE --digest ROOT_DIGEST --reason TEXT`",
    ["approvals_satisfied"],
  ),
  APPROVER_IS_AUTHOR: entry(403, "nobody approves what they built or brought in", "ask somebody else"),
  APPROVER_IS_NO_PERSON: entry(403, "only people approve", "approve with a key of a person"),
  STATE_COMPATIBILITY: entry(
    409,
    "the bundle cannot read the state that is there",
    "build one that can; say so with `bundle build --compat`",
    ["state_compatibility"],
  ),
  ROLLBACK_INCOMPATIBLE: entry(
    409,
    "the bundle cannot read the state that the present one leaves",
    "go back to one that is proposed: `countermark rollback ENVIRONMENT --to BUNDLE`; or mend it with a new bundle",
    ["rollback_incompatible"],
  ),
  ROLLBACK_NOT_FOUND: entry(
    409,
    "the environment holds nothing that a rollback put it back onto, so there is none to judge",
    "see its moves with `countermark env history ENVIRONMENT`; say how what it holds does with `countermark env health`",
  ),
  ROLLBACK_INCOMPLETE: entry(
    409,
    "the environment was put back, and what it holds now is not shown to do well: the gate does not say GO, or too little ran on it",
    "see what is lacking with `countermark env show`; once runs ended on it judge it again with `countermark rollback ENVIRONMENT --judge`, which lifts the hold where it is complete",
    ["rollback_incomplete"],
  ),
  CANARY_IMPOSSIBLE: entry(
    409,
    "there is nothing to try the bundle beside",
    "promote it without a canary: the environment runs nothing yet, or nothing that did well",
  ),
  CANARY_UNDER_WAY: entry(
    409,
    "the environment's bundle is being tried on a share of the new runs",
    "see it with `countermark canary show`; wait for its looks, or end it with `countermark rollback`",
  ),
  CANARY_NOT_RUNNING: entry(409, "no such canary runs", "see what became of it with `countermark env history`"),
  HOLD_NOT_FOUND: entry(404, "no such hold is in force", "list holds with `countermark env show`"),
  CONTRACT_NOT_PROMOTED: entry(
    403,
    "what is asked for is not in the bundle that was promoted",
    "promote a bundle with it, or use what is promoted",
  ),
  SIGNING_KEY_INVALID: entry(400, "the file holds no signing key", "make one with `countermark bundle keygen`"),
  TRUST_INVALID: entry(400, "the roster of trusted keys is not well formed", "correct the field named"),
  LOCK_FILE_INVALID: entry(400, "the file is no lock file of npm", "give the program's `package-lock.json`"),
} as const satisfies { readonly [code: string]: ReturnType<typeof entry> };
