import { entry } from "./code-entry.ts";

/** Codes of waivers; part of the one table. Their aliases are what a decision rejects a waiver with. */
export const WAIVER_CODES = {
  WAIVER_NOT_FOUND: entry(404, "no such waiver", "list them with `countermark waiver list`"),
  WAIVER_FIELD_INVALID: entry(
    422,
    "a field of the waiver is missing or not what it has to be",
    "correct the field named",
    ["invalid_field"],
  ),
  WAIVER_GATE_UNKNOWN: entry(
    422,
    "the policy has no such gate",
    "name one row of the decision exactly, as `countermark gate explain` shows them",
    ["unknown_check"],
  ),
  WAIVER_GATE_NOT_WAIVABLE: entry(
    403,
    "the gate takes no waiver",
    "mend what the gate measures; what is not `waivable` in the policy is passed in no other way",
    ["non_waivable_class"],
  ),
  WAIVER_TTL_EXCEEDED: entry(422, "the waiver would hold longer than the policy lets one", "let it end earlier", [
    "ttl_exceeded",
  ]),
  WAIVER_EXPIRED: entry(422, "the waiver would be over before it began", "give an end that is to come", ["expired"]),
  WAIVER_RENEWAL_LIMIT: entry(
    403,
    "the gate was waived too often in a row, or for too long",
    "mend what the gate measures: this exception has become the rule",
    ["renewal_limit"],
  ),
  WAIVER_NOT_NEEDED: entry(409, "the gate passes, or does not count", "nothing is to be waived", ["unused"]),
  WAIVER_APPROVER_IS_REQUESTER: entry(
    403,
    "who asked for the waiver may not approve it",
    "have somebody else approve it",
    ["approver_is_requester"],
  ),
  WAIVER_APPROVER_INVALID: entry(
    403,
    "this is nobody who may approve waivers so",
    "sign with a key that the roster names with your `principal` and, in `approves_as`, the role you approve as",
    ["approver_invalid"],
  ),
  WAIVER_APPROVED_ALREADY: entry(409, "this person has approved it", "have another person approve it"),
  WAIVER_STATEMENT_INVALID: entry(
    422,
    "what was signed is not an approval of this waiver by its sender now",
    "sign what `countermark waiver show` shows: `countermark waiver approve ID --sign-with FILE` does",
  ),
} as const satisfies { readonly [code: string]: ReturnType<typeof entry> };
