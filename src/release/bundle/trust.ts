import { z } from "zod";
import {
  accepted,
  firstIssue,
  formatInstant,
  type Instant,
  instant,
  parseInstant,
  type Refusal,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import { keyIdOf, readPublicKey } from "./signing-key.ts";

/*
 * Whose signatures count. The roster is a file of whoever verifies, never part of what is verified.
 *
 * T1 A key is trusted from `valid_from` until before `valid_until`, unless it was revoked; then it is trusted for nothing
 *    any more, whenever it signed.
 * T2 A key's id is the digest of the key, so that no entry can lend its id to another key.
 */

/** What a key may sign: builds that go to dev, releases that go anywhere, or approvals of waivers. */
export const KEY_ROLES = ["ci", "release", "approver"] as const;

export type KeyRole = (typeof KEY_ROLES)[number];

const time = z.string().transform((text, context): Instant => {
  const at = parseInstant(text);
  if (at === undefined) context.addIssue({ code: "custom", message: "must be an RFC 3339 date-time" });
  return at ?? instant(0);
});

const KEY = z
  .strictObject({
    keyid: z.string(),
    public_key: z.string(),
    roles: z.array(z.enum(KEY_ROLES)).min(1).readonly(),
    valid_from: time,
    valid_until: time,
    revoked_at: time.nullable().default(null),
    /** Whose key an approver's is, and in which roles that person approves. */
    principal: z.string().min(1).nullable().default(null),
    approves_as: z.array(z.string().min(1)).readonly().default([]),
  })
  .refine(({ public_key }) => readPublicKey(public_key) !== undefined, "`public_key` is no Ed25519 key in SPKI base64")
  .refine(({ keyid, public_key }) => keyid === keyIdOf(public_key), "`keyid` is not the SHA-256 of the key") // T2
  .refine(
    ({ roles, principal, approves_as }) =>
      !roles.includes("approver") || (principal !== null && approves_as.length > 0),
    "an approver's key has a `principal` and says what it `approves_as`",
  )
  .readonly();

const ROSTER = z.strictObject({ keys: z.array(KEY).readonly() }).readonly();

/** A key of a roster, as its file writes it, with times read. */
export type TrustedKey = z.output<typeof KEY>;

export type Roster = z.output<typeof ROSTER>;

/** What a key's holder gives to whoever is to trust it: one element of a roster's `keys`. */
export type RosterEntry = z.input<typeof KEY>;

/** Reads a roster. Refused with TRUST_INVALID and the field that is wrong. */
export function readRoster(document: unknown): Result<Roster> {
  const parsed = ROSTER.safeParse(document);
  if (parsed.success) return accepted(parsed.data);
  const { field_path, message } = firstIssue(parsed.error);
  return rejected({ code: "TRUST_INVALID", message: `${field_path}: ${message}`, field_path });
}

/** A roster that trusts nobody: what holds where there is no file. */
export const NOBODY: Roster = { keys: [] };

/** The key that a signature names, where it was valid at `validAt`, is not revoked at `at`, and has one of the roles. */
export function trustedKey(
  roster: Roster,
  asked: {
    readonly keyId: string;
    readonly at: Instant;
    readonly validAt: Instant;
    readonly roles: readonly KeyRole[];
  },
): Result<TrustedKey> {
  const { keyId, at, validAt, roles } = asked;
  const key = roster.keys.find(({ keyid }) => keyid === keyId);
  if (key === undefined) return no("BUNDLE_UNTRUSTED_KEY", `the roster has no key \`${keyId}\``);
  const { revoked_at, valid_from, valid_until } = key;
  if (revoked_at !== null && revoked_at <= at)
    return no("BUNDLE_KEY_REVOKED", `key \`${keyId}\` was revoked at ${formatInstant(revoked_at)}`);
  if (validAt < valid_from || validAt >= valid_until)
    return no(
      "BUNDLE_KEY_EXPIRED",
      `key \`${keyId}\` is valid from ${formatInstant(valid_from)} until ${formatInstant(valid_until)}`,
    );
  if (!key.roles.some((role) => roles.includes(role)))
    return no(
      "BUNDLE_KEY_ROLE",
      `key \`${keyId}\` has the role ${key.roles.join(", ")}; this needs ${roles.join(" or ")}`,
    );
  return accepted(key);
}

const no = (code: Refusal["code"], message: string) => rejected({ code, message });
