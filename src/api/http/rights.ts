import type { Refusal } from "../../contracts/index.ts";
import type { Role } from "../../guard/index.ts";

/** What a request needs. A right is the name of a group of requests, never of one. */
export type Right = "read" | "operate" | "approve" | "administer" | "install";

/** The one table of roles. An installer administers the installation: it sees no runs of any tenant but its own. */
const GRANTS: { readonly [R in Role]: readonly Right[] } = {
  viewer: ["read"],
  operator: ["read", "operate"],
  approver: ["read", "approve"],
  admin: ["read", "operate", "approve", "administer"],
  installer: ["read", "install"],
};

/** Whether a role has one of the rights. */
export const hasRight = (role: Role, needs: readonly Right[]): boolean =>
  needs.some((right) => GRANTS[role].includes(right));

/** Roles that have one of the rights, weakest first. */
export const rolesWith = (needs: readonly Right[]): readonly string[] =>
  Object.entries(GRANTS).flatMap(([role, rights]) => (needs.some((right) => rights.includes(right)) ? [role] : []));

/** The refusal of a role that has none of the rights. */
export const roleRefusal = (role: Role, needs: readonly Right[]): Refusal => ({
  code: "ROLE_REQUIRED",
  message: `this needs a key of role ${rolesWith(needs).join(" or ")}; yours is ${role}`,
});
