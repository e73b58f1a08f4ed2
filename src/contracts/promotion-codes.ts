import { entry } from "./code-entry.ts";

/** Codes of what a promotion is asked for beside what a bundle and an environment say; part of the one table. */
export const PROMOTION_CODES = {
  SOURCE_PROVENANCE_VALID: entry(
    403,
    "what is said of the run that built the bundle is not so, or is not said where the environment asks for it",
    "give the record of the very run that built it from this commit: `countermark promote BUNDLE --to ENVIRONMENT --source FILE`",
    ["source_provenance_valid"],
  ),
  RELEASE_GATE_CONTRACT_VALID: entry(
    403,
    "what is stored of a decision about the bundle is not the decision that was recorded",
    "evaluate the policy about the bundle again: `countermark gate eval POLICY --subject ROOT_DIGEST`",
    ["release_gate_contract_valid"],
  ),
  PROMOTION_READINESS_CONTRACT_VALID: entry(
    403,
    "the release gate could not use the report of what is ready to be promoted",
    "have R18 made for this candidate, and evaluate the release gate about the bundle again",
    ["promotion_readiness_contract_valid"],
  ),
  PROMOTION_READINESS_STATUS_PASSED: entry(
    403,
    "the report of what is ready to be promoted does not say that the way is ready",
    "make the transition ready that is not, and evaluate the release gate about the bundle again",
    ["promotion_readiness_status_passed"],
  ),
  PROMOTION_READINESS_ALLOWS_TARGET_ENV: entry(
    403,
    "the release gate decided about another environment than the bundle is to come into",
    "evaluate it for this one: profile `promotion`, with `target_environment` in its `context.json`",
    ["promotion_readiness_allows_target_env"],
  ),
  ENVIRONMENT_MOVED: entry(
    409,
    "the environment holds another bundle than was seen there",
    "look at it again with `countermark env show`, then decide anew",
  ),
  PROMOTION_NOT_RECORDED: entry(
    404,
    "no promotion into the environment is recorded with a report",
    "promote a bundle with `countermark promote`",
  ),
} as const satisfies { readonly [code: string]: ReturnType<typeof entry> };
