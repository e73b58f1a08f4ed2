import { entry } from "./code-entry.ts";

/** Codes of evidence and policies that come from other systems; part of the one table. */
export const EVIDENCE_CODES = {
  EVIDENCE_ANSWER_UNKNOWN: entry(
    400,
    "the file is none of the documents that are imported here",
    "save the platform's answer as it came: `gh api repos/OWNER/REPO/rules/branches/BRANCH > rules.json`",
  ),
  GATE_POLICY_NOT_FOUND: entry(
    404,
    "no policy of this digest was evaluated, and none comes with the program",
    "list those that are known with `GET /v1/gates/policies`, or give the policy itself",
  ),
  OPENSLO_UNSUPPORTED: entry(
    400,
    "the OpenSLO document asks for what no metric of ours measures",
    "change the field that is named, or write the policy by hand: `countermark gate lint` helps",
  ),
} as const satisfies { readonly [code: string]: ReturnType<typeof entry> };
