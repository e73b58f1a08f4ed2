/** What a principal is; only persons approve. */
export const PRINCIPAL_KINDS = ["person", "service", "agent"] as const;
export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number];

/** What a key lets its principal do, in a tenant; installers administer the installation. */
export const ROLES = ["viewer", "operator", "approver", "admin", "installer"] as const;
export type Role = (typeof ROLES)[number];
