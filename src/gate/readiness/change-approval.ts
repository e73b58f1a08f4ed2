import { z } from "zod";
import type { Json } from "../../contracts/index.ts";
import { holdsKey } from "../../ledger/index.ts";

/*
 * Whether a change needs a person before it goes on. Decided by counting; a model may write about it and has no say.
 *
 * C1  A required key that is missing or blank, or anything forbidden, blocks.
 * C2  A critical risk, or one over what the profile bears, is put to a person.
 * C3  A secret in the diff counts as the label `hardcoded-secret`, whether its author put that there or not.
 */

export type ChangeDecision = "approve" | "escalate" | "block";
export type RiskLevel = "low" | "medium" | "high" | "critical";

export interface ChangeVerdict {
  readonly decision: ChangeDecision;
  readonly level: RiskLevel;
  readonly score: number;
  /** Why, in the order of the rules. */
  readonly reasons: readonly string[];
}

const CHANGE = z.looseObject({
  change_id: z.string().min(1),
  change_type: z.enum(["pr", "release"]),
  title: z.string(),
  diff_text: z.string().default(""),
  target_environment: z.string().default(""),
  changed_files: z.array(z.string()).default([]),
  author_summary: z.string().default(""),
  labels: z.array(z.string()).default([]),
  test_evidence: z.string().default(""),
  rollback_plan: z.string().default(""),
  release_notes: z.string().default(""),
  /** What the change does to the world, as its author states it. */
  effects: z
    .looseObject({
      destructive: z.boolean().default(false),
      irreversible: z.boolean().default(false),
      external: z.boolean().default(false),
      public: z.boolean().default(false),
      pii: z.boolean().default(false),
      cost: z.number().default(0),
    })
    .prefault({}),
});

export type Change = z.infer<typeof CHANGE>;

/** A change package; undefined where it is none. */
export const parseChange = (value: Json | undefined): Change | undefined => {
  const parsed = CHANGE.safeParse(value);
  return parsed.success ? parsed.data : undefined;
};

interface ChangeProfile {
  readonly required: readonly (keyof Change & string)[];
  /** Labels or keys. */
  readonly forbidden: readonly string[];
  readonly riskMax: RiskLevel;
}

const FAST = { required: ["diff_text", "changed_files"], forbidden: ["wip", "do-not-merge"] } as const;
const STANDARD = {
  required: [...FAST.required, "author_summary", "test_evidence"],
  forbidden: [...FAST.forbidden, "hardcoded-secret"],
} as const;

export const CHANGE_PROFILES: { readonly [name in "fast_track" | "standard" | "strict_prod"]: ChangeProfile } = {
  fast_track: { ...FAST, riskMax: "high" },
  standard: { ...STANDARD, riskMax: "medium" },
  strict_prod: {
    required: [...STANDARD.required, "rollback_plan"],
    forbidden: [...STANDARD.forbidden, "skip-review", "skip-tests"],
    riskMax: "medium",
  },
};

export type ChangeProfileName = keyof typeof CHANGE_PROFILES;

export const isChangeProfile = (name: unknown): name is ChangeProfileName =>
  typeof name === "string" && Object.hasOwn(CHANGE_PROFILES, name);

const LEVELS = ["low", "medium", "high", "critical"] as const;

/** Decides on a change under a profile. */
export function decideChange(given: Change, name: ChangeProfileName): ChangeVerdict {
  const change = withFoundSecrets(given);
  const profile = CHANGE_PROFILES[name];
  const score = riskScore(change);
  const level = LEVELS[Math.min(score, LEVELS.length - 1)] ?? "critical";
  const missing = profile.required.filter((key) => isBlank(change[key]));
  const forbidden = profile.forbidden.filter((word) => change.labels.includes(word) || Object.hasOwn(change, word));
  if (missing.length + forbidden.length > 0) {
    const reasons = [...missing.map((key) => `${key} is missing`), ...forbidden.map((word) => `${word} is forbidden`)];
    return { decision: "block", level, score, reasons }; // C1
  }
  const isOver = level === "critical" || LEVELS.indexOf(level) > LEVELS.indexOf(profile.riskMax);
  return isOver
    ? { decision: "escalate", level, score, reasons: [`the risk is ${level}`] } // C2
    : { decision: "approve", level, score, reasons: [] };
}

const isBlank = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : typeof value !== "string" || value.trim() === "";

/** C3 */
const withFoundSecrets = (change: Change): Change =>
  holdsKey(change.diff_text) && !change.labels.includes("hardcoded-secret")
    ? { ...change, labels: [...change.labels, "hardcoded-secret"] }
    : change;

const GRAVE: readonly string[] = ["hardcoded-secret", "skip-tests", "skip-review"];
const NOTABLE: readonly string[] = ["security", "breaking-change", "destructive", "database"];
const CORE = /router|middleware|\/core\/|auth\/|gateway|security\//;
const COST_MAX = 100;
const LABELS_MAX = 2;

function riskScore({ effects, labels, diff_text, target_environment, changed_files }: Change): number {
  const isProd = target_environment === "prod";
  const byLabel = [...new Set(labels)].reduce(
    (sum, label) => sum + (GRAVE.includes(label) ? 2 : NOTABLE.includes(label) ? 1 : 0),
    0,
  );
  const isCore = changed_files.some((file) => CORE.test(file));
  return [
    effects.destructive || effects.irreversible ? 2 : 0,
    effects.external || effects.public ? 1 : 0,
    effects.pii ? 1 : 0,
    effects.cost > COST_MAX ? 1 : 0,
    Math.min(byLabel, LABELS_MAX),
    /\bCVE\b/.test(diff_text) ? 2 : 0,
    isProd ? 1 : 0,
    isCore ? (isProd ? 2 : 1) : 0,
  ].reduce((sum, points) => sum + points, 0);
}
