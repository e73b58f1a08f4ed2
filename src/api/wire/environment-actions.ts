import { z } from "@hono/zod-openapi";
import { codeEntry, type Refusal } from "../../contracts/index.ts";
import { type CanaryRow, currentOf, type Environment, type HeldBundle, rollbackTargets } from "../../release/index.ts";
import type { Caller } from "../http/caller.ts";
import { hasRight, type Right } from "../http/rights.ts";
import { act, actBarredBy } from "./act.ts";

const ACTIONS = ["promote", "approve", "roll_back", "judge", "hold"] as const;

export const environmentAction = act(z.enum(ACTIONS)).openapi("EnvironmentAction");

interface Standing {
  readonly environment: Environment;
  readonly held: readonly HeldBundle[];
  readonly canaries: readonly CanaryRow[];
}

/** What may be done with an environment by who reads of it, and what a rollback would put it back onto. */
export function environmentActions(
  { environment, held, canaries }: Standing,
  caller: Pick<Caller, "role" | "kind">,
): { readonly rollback_to: string | null; readonly actions: readonly z.output<typeof environmentAction>[] } {
  const back = rollbackTargets(held, environment, null);
  const isEmpty = currentOf(held, environment) === undefined;
  const isTried = canaries.some((one) => one.environment === environment);
  const role = (right: Right): Refusal | null => (hasRight(caller.role, [right]) ? null : refusalOf("ROLE_REQUIRED"));
  const administers = role("administer");
  const bars: { readonly [A in (typeof ACTIONS)[number]]: Refusal | null } = {
    promote: administers ?? (isTried ? refusalOf("CANARY_UNDER_WAY") : null),
    approve: role("approve") ?? (caller.kind === "person" ? null : refusalOf("APPROVER_IS_NO_PERSON")),
    roll_back: administers ?? (isEmpty ? refusalOf("ENVIRONMENT_EMPTY") : null) ?? (back.ok ? null : back.refusal),
    judge:
      administers ??
      (isEmpty ? refusalOf("ENVIRONMENT_EMPTY") : null) ??
      (isTried ? refusalOf("CANARY_UNDER_WAY") : null),
    hold: administers,
  };
  return {
    rollback_to: back.ok ? (back.value[0]?.bundle_id ?? null) : null,
    actions: ACTIONS.map((name) => actBarredBy(name, bars[name])),
  };
}

const refusalOf = (code: Refusal["code"]): Refusal => ({ code, message: codeEntry(code).meaning });
