import type { CallFacts, CallRequest } from "./call.ts";
import type { SandboxTier, SideEffectLevel } from "./contract.ts";
import { networkVerdict } from "./network.ts";
import type { ResolvedCall } from "./resolve.ts";
import { type GuardVerdict, passed, refused } from "./verdict.ts";

/** Isolation that a level needs at least (commerce-kernel 8.1). */
const tierOf = (level: SideEffectLevel): SandboxTier =>
  level === "HARD_WRITE" || level === "FINANCIAL" ? "HARDENED" : "STANDARD";

const STRENGTH: { readonly [tier in SandboxTier]: number } = { STANDARD: 0, HARDENED: 1, VM: 2 };

/**
 * Stage 5, deny by default (INV-02): the operation and the principal, the request's size, the dependency's origin, the
 * worker's isolation. The response's size and each outbound host are held to the same scope by the egress.
 */
export function permissionVerdict(call: ResolvedCall, request: CallRequest, facts: CallFacts): GuardVerdict {
  return (
    grantRefusal(call, request, facts) ??
    sizeRefusal(call, facts) ??
    originRefusal(call, facts) ??
    tierRefusal(call, facts) ??
    passed(`the scope grants \`${call.tool.contract.operation}\``)
  );
}

function grantRefusal(call: ResolvedCall, request: CallRequest, facts: CallFacts): GuardVerdict | undefined {
  const { name, operation } = call.tool.contract;
  const { scope } = facts;
  const place = { details: { tool: name, operation, principal: request.principalId } };
  if (scope === undefined || scope.tool_name !== name)
    return refused("PERMISSION_DENIED", `\`${name}\` has no scope`, place);
  if (facts.revoked) return refused("PERMISSION_DENIED", `\`${name}\` was revoked for this tenant`, place);
  if (!scope.allowed_operations.includes(operation))
    return refused("PERMISSION_DENIED", `the scope of \`${name}\` does not grant \`${operation}\``, place);
  if (scope.principals.length > 0 && !scope.principals.includes(request.principalId))
    return refused("PERMISSION_DENIED", `the scope of \`${name}\` does not name this principal`, place);
  return undefined;
}

function sizeRefusal(call: ResolvedCall, { scope }: CallFacts): GuardVerdict | undefined {
  const cap = scope?.data_cap_bytes ?? null;
  if (cap === null || call.inputBytes <= cap) return undefined;
  return refused("DATA_CAP_EXCEEDED", `the request has ${call.inputBytes} bytes, the scope's cap is ${cap}`, {
    details: { limit: cap, observed: call.inputBytes },
  });
}

function originRefusal(call: ResolvedCall, facts: CallFacts): GuardVerdict | undefined {
  const { dependency } = call.tool.contract;
  if (dependency === null) return undefined;
  if (facts.dependencyOrigin === null)
    return refused("NETWORK_DENIED", `no origin is configured for \`${dependency}\``, { details: { dependency } });
  const policy = {
    mode: facts.mode,
    allow: facts.scope?.network_allowlist ?? [],
    sandboxOrigins: facts.sandboxOrigins,
  };
  const verdict = networkVerdict(facts.dependencyOrigin, policy);
  return verdict.pass ? undefined : { verdict: "refused", rule: verdict.refusal.message, refusal: verdict.refusal };
}

function tierRefusal(call: ResolvedCall, { workerTier }: CallFacts): GuardVerdict | undefined {
  const level = call.tool.contract.side_effect_level;
  const needed = tierOf(level);
  if (STRENGTH[workerTier] >= STRENGTH[needed]) return undefined;
  return refused("SANDBOX_TIER_MISMATCH", `${level} needs tier ${needed}, this worker gives ${workerTier}`, {
    details: { needed, given: workerTier },
  });
}
