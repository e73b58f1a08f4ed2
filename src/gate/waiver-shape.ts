import { z } from "zod";
import {
  firstIssue,
  isJson,
  isJsonObject,
  issueText,
  type Json,
  parseInstant,
  parseJson,
  type Result,
  rejected,
} from "../contracts/index.ts";
import { parseRational } from "./rational.ts";

const text = z.string().min(1).max(500);
const at = z.string().refine((value) => parseInstant(value) !== undefined, "an instant in UTC");
const names = z.array(text).readonly();

const waiver = z
  .strictObject({
    waiver_id: z.string().regex(/^W-\d{4}-\d{4,}$/, "W-, a year, a number of at least four digits"),
    /** A row of the decision, exactly. */
    check_id: text,
    reason: z.string().min(20, "20 to 500 characters").max(500, "20 to 500 characters"),
    remediation: z.strictObject({ issue_ref: text, owner: text, due_at: at }).readonly(),
    requested_by: text,
    created_at: at,
    approvals: z
      .array(
        z
          .strictObject({
            approver: text,
            role: text,
            approved_at: at,
            method: text,
            /** The DSSE envelope of what the approver signed. */
            signature: z.custom<Json>(isJson, "is not plain JSON").optional(),
          })
          .readonly(),
      )
      .readonly(),
    expires_at: at,
    scope: z
      .strictObject({ branches: names, environments: names, commits: names.optional(), profiles: names })
      .readonly(),
    /** What was measured when it was asked for; a worse value makes it void, and any that misses where there was none (`0/0`). */
    measured_value: z
      .string()
      .refine((value) => value === "0/0" || parseRational(value) !== undefined, "a decimal or a fraction")
      .optional(),
    /** The bundle that it is for; needed once there is one. */
    bundle_digest: z.string().optional(),
    /** The policy that it was asked of, exactly; any other takes it for one out of scope. */
    policy: z.strictObject({ id: text, version: text, digest: text }).readonly().optional(),
  })
  .readonly();

/** A recorded exception, as it stands in a file of the contract `release_exceptions_v2`. */
export type Waiver = z.infer<typeof waiver>;

/** An entry that is none, and why: the code that a decision rejects it with. */
export interface BrokenWaiver {
  readonly id: string;
  readonly code: "invalid_field" | "legacy_format";
  readonly detail: string;
  /** The member that is wrong, such as `remediation.due_at`. */
  readonly path: string;
}

export type WaiverEntry =
  | { readonly ok: true; readonly waiver: Waiver }
  | { readonly ok: false; readonly broken: BrokenWaiver };

/** The entries of a waiver file, each whole or broken. Refused with `GATE_WAIVERS_UNREADABLE` where the file itself is none. */
export function parseWaivers(source: string): Result<readonly WaiverEntry[]> {
  const parsed = parseJson(source);
  if (!parsed.ok) return unreadable(parsed.refusal.message);
  const { value } = parsed;
  if (!isJsonObject(value) || value.contract !== "release_exceptions_v2" || !Array.isArray(value.exceptions))
    return unreadable("its contract is not `release_exceptions_v2` with a list of `exceptions`");
  return { ok: true, value: value.exceptions.map(entryOf) };
}

const unreadable = (detail: string) =>
  rejected({ code: "GATE_WAIVERS_UNREADABLE", message: `the waiver file: ${detail}` });

/** Reads one entry; `index` names it where it has no id. */
export function entryOf(value: Json, index: number): WaiverEntry {
  const parsed = waiver.safeParse(value);
  if (parsed.success) return { ok: true, waiver: parsed.data };
  const id = isJsonObject(value) && typeof value.waiver_id === "string" ? value.waiver_id : String(index);
  const isLegacy = isJsonObject(value) && "approved_by" in value && !("approvals" in value);
  const path = firstIssue(parsed.error).steps.join(".");
  const code = isLegacy ? "legacy_format" : "invalid_field";
  return { ok: false, broken: { id, code, detail: issueText(parsed.error), path } };
}
