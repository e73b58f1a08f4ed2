import { useRouteContext } from "@tanstack/react-router";
import { hasRight, type Right, roleRefusal } from "../../../src/api/http/rights.ts";
import { useTenant } from "./query.ts";
import type { Grant } from "./wire.ts";

/** Who the reader is in the tenant in the URL. */
export function useGrant(): Grant | undefined {
  const tenant = useTenant();
  const { grants }: { readonly grants: readonly Grant[] } = useRouteContext({ from: "/t/$tenant" });
  return grants.find(({ tenant_id }) => tenant_id === tenant);
}

/** Why the reader may not do what takes one of these rights, by the server's own table; null where nothing is in the way. */
export function useBar(...needs: readonly Right[]): { readonly code: string; readonly message: string } | null {
  const grant = useGrant();
  return grant === undefined || hasRight(grant.role, needs) ? null : roleRefusal(grant.role, needs);
}
