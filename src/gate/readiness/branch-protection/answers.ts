import { z } from "zod";
import { isJsonObject, type Json, type Result, rejected } from "../../../contracts/index.ts";

/** A rule that keeps a branch, wherever it is set. Kinds that are not known keep nothing here. */
export interface Rule {
  readonly type: string;
  readonly parameters: { readonly [name: string]: unknown };
}

/** A ruleset as the platform tells it. */
export interface Ruleset {
  readonly id: number;
  readonly target: string;
  readonly enforcement: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Null where only its name was told, as lists of rulesets do. */
  readonly rules: readonly Rule[] | null;
  /** Null where whoever asked may not see them. */
  readonly bypass: readonly Bypass[] | null;
  readonly updatedAt: string | null;
}

/** Who may go around the rules, such as `RepositoryRole:5`, and when. */
export interface Bypass {
  readonly actor: string;
  readonly mode: string;
}

/** Protection of one branch from before rulesets. */
export interface Protection {
  /** Null where the answer does not say which. */
  readonly branch: string | null;
  readonly rules: readonly Rule[];
  readonly bypass: readonly Bypass[] | null;
}

/** What one answer of the platform's REST interface says. */
export type Answer =
  | { readonly kind: "rules"; readonly rules: readonly Rule[] }
  | { readonly kind: "rulesets"; readonly rulesets: readonly Ruleset[] }
  | { readonly kind: "protection"; readonly protection: Protection | null }
  /** Nothing could be read: not found, or not allowed. */
  | { readonly kind: "unread"; readonly message: string };

const text = z.string();
const rule = z.looseObject({ type: text, parameters: z.record(text, z.unknown()).optional() });
const ruleset = z.looseObject({
  id: z.int(),
  target: text.optional(),
  enforcement: text,
  conditions: z
    .looseObject({ ref_name: z.looseObject({ include: z.array(text), exclude: z.array(text) }).optional() })
    .nullish(),
  rules: z.array(rule).optional(),
  bypass_actors: z.array(z.looseObject({ actor_id: z.int().nullish(), actor_type: text, bypass_mode: text })).nullish(),
  updated_at: text.nullish(),
});
const switched = z.looseObject({ enabled: z.boolean() });
const people = z.array(z.looseObject({ id: z.int() }));
const protection = z.looseObject({
  url: text.optional(),
  required_status_checks: z
    .looseObject({
      strict: z.boolean().optional(),
      contexts: z.array(text).optional(),
      checks: z.array(z.looseObject({ context: text })).optional(),
    })
    .nullish(),
  enforce_admins: switched.nullish(),
  required_pull_request_reviews: z
    .looseObject({
      dismiss_stale_reviews: z.boolean().optional(),
      required_approving_review_count: z.unknown().optional(),
      bypass_pull_request_allowances: z
        .looseObject({ users: people.optional(), teams: people.optional(), apps: people.optional() })
        .nullish(),
    })
    .nullish(),
  required_conversation_resolution: switched.nullish(),
  allow_force_pushes: switched.nullish(),
  allow_deletions: switched.nullish(),
});
const refusal = z.looseObject({ message: text });

/** What a branch without protection of its own is answered with; any other refusal says nothing of the branch. */
const UNPROTECTED = "Branch not protected";

/** Reads an answer by its shape. Refused with EVIDENCE_ANSWER_UNKNOWN where it is none of those that say something of a branch. */
export function readAnswer(value: Json, called: string): Result<Answer> {
  const answer = Array.isArray(value) ? listed(value) : isJsonObject(value) ? single(value) : undefined;
  return answer === undefined
    ? rejected({
        code: "EVIDENCE_ANSWER_UNKNOWN",
        message: `${called} is no answer about the rules of a branch, a ruleset or the protection of a branch`,
      })
    : { ok: true, value: answer };
}

function listed(values: readonly Json[]): Answer | undefined {
  const rules = z.array(rule).safeParse(values);
  if (rules.success) return { kind: "rules", rules: rules.data.map(ruleOf) };
  const rulesets = z.array(ruleset).safeParse(values);
  return rulesets.success ? { kind: "rulesets", rulesets: rulesets.data.map(rulesetOf) } : undefined;
}

function single(value: Json): Answer | undefined {
  const one = ruleset.safeParse(value);
  if (one.success) return { kind: "rulesets", rulesets: [rulesetOf(one.data)] };
  const refused = refusal.safeParse(value);
  if (refused.success)
    return refused.data.message === UNPROTECTED
      ? { kind: "protection", protection: null }
      : { kind: "unread", message: refused.data.message };
  const kept = protection.safeParse(value);
  return kept.success && isProtection(kept.data)
    ? { kind: "protection", protection: protectionOf(kept.data) }
    : undefined;
}

const isProtection = (read: z.infer<typeof protection>): boolean =>
  read.required_status_checks !== undefined ||
  read.required_pull_request_reviews !== undefined ||
  read.enforce_admins !== undefined;

const ruleOf = ({ type, parameters = {} }: z.infer<typeof rule>): Rule => ({ type, parameters });

const rulesetOf = (read: z.infer<typeof ruleset>): Ruleset => ({
  id: read.id,
  target: read.target ?? "branch",
  enforcement: read.enforcement,
  include: read.conditions?.ref_name?.include ?? [],
  exclude: read.conditions?.ref_name?.exclude ?? [],
  rules: read.rules?.map(ruleOf) ?? null,
  bypass:
    read.bypass_actors?.map(({ actor_id, actor_type, bypass_mode }) => ({
      actor: actor_id === null || actor_id === undefined ? actor_type : `${actor_type}:${actor_id}`,
      mode: bypass_mode,
    })) ?? null,
  updatedAt: read.updated_at ?? null,
});

/** The repository's administrators, as rulesets name them. */
export const ADMINS = "RepositoryRole:5";

/** Protection from before rulesets says the same in other words. */
function protectionOf(read: z.infer<typeof protection>): Protection {
  const checks = read.required_status_checks;
  const reviews = read.required_pull_request_reviews;
  const allowed = reviews?.bypass_pull_request_allowances;
  const contexts = [...(checks?.contexts ?? []), ...(checks?.checks ?? []).map(({ context }) => context)];
  const rules: Rule[] = [
    ...(checks === null || checks === undefined
      ? []
      : [
          {
            type: "required_status_checks",
            parameters: {
              strict_required_status_checks_policy: checks.strict,
              required_status_checks: [...new Set(contexts)].map((context) => ({ context })),
            },
          },
        ]),
    ...(reviews === null || reviews === undefined
      ? []
      : [
          {
            type: "pull_request",
            parameters: {
              required_approving_review_count: reviews.required_approving_review_count,
              dismiss_stale_reviews_on_push: reviews.dismiss_stale_reviews,
              required_review_thread_resolution: read.required_conversation_resolution?.enabled,
            },
          },
        ]),
    ...(read.allow_force_pushes?.enabled === false ? [{ type: "non_fast_forward", parameters: {} }] : []),
    ...(read.allow_deletions?.enabled === false ? [{ type: "deletion", parameters: {} }] : []),
  ];
  const named = (kind: string, all: z.infer<typeof people> | undefined) =>
    (all ?? []).map(({ id }) => ({ actor: `${kind}:${id}`, mode: "pull_request" }));
  return {
    branch: /\/branches\/([^?]+)\/protection$/.exec(read.url ?? "")?.[1] ?? null,
    rules,
    bypass:
      read.enforce_admins === null || read.enforce_admins === undefined
        ? null
        : [
            ...(read.enforce_admins.enabled ? [] : [{ actor: ADMINS, mode: "always" }]),
            ...named("User", allowed?.users),
            ...named("Team", allowed?.teams),
            ...named("Integration", allowed?.apps),
          ],
  };
}
