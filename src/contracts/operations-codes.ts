import { entry } from "./code-entry.ts";

/** Codes of breakers and keys, as people act on them; part of the one table. */
export const OPERATIONS_CODES = {
  BREAKER_NOT_FOUND: entry(
    404,
    "no call has moved a breaker of this name",
    "`countermark breaker list` names those that there are",
  ),
  BREAKER_MOVED: entry(409, "the breaker has moved since it was looked at", "look at it again, then decide anew"),
  KEY_NOT_FOUND: entry(404, "the tenant has no key with this id", "`countermark key list` names those that there are"),
  KEY_IS_LAST: entry(
    409,
    "without this key nobody could make or revoke keys here any more",
    "make another key of its role first: `countermark key add`",
  ),
} as const satisfies { readonly [code: string]: ReturnType<typeof entry> };
