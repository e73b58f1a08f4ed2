import { entry } from "./code-entry.ts";

/** Codes of who asks, and whether they may; part of the one table. */
export const ACCESS_CODES = {
  UNAUTHENTICATED: entry(
    401,
    "no valid key was given",
    "give a key: COUNTERMARK_KEY for a command, `Authorization: Bearer KEY` over HTTP; `countermark key add` makes one",
  ),
  ROLE_REQUIRED: entry(403, "the key's role may not do this", "use a key with the role named"),
  SIGN_IN_LINK_SPENT: entry(
    401,
    "the link was used, is older than ten minutes, or was made by another process",
    "make a new one with `countermark console`",
  ),
  SERVER_NOT_RUNNING: entry(
    409,
    "no server is running here",
    "start one with `countermark dev`, or name one with --url",
  ),
  CONSOLE_NOT_BUILT: entry(404, "this program was built without its console", "build it with `npm run build`"),
} as const satisfies { readonly [code: string]: ReturnType<typeof entry> };
