import { useRouteContext } from "@tanstack/react-router";
import { hasRight, type Right, roleRefusal } from "../../../src/api/http/rights.ts";
import type { Bar } from "../ui/barred.tsx";
import { useTenant } from "./query.ts";
import type { Grant } from "./wire.ts";

/** Who the reader is in each tenant that they are signed in to. */
export function useGrants(): readonly Grant[] {
  const { grants }: { readonly grants: readonly Grant[] } = useRouteContext({ from: "/t/$tenant" });
  return grants;
}

/** Who the reader is in the tenant in the URL. */
export function useGrant(): Grant | undefined {
  const tenant = useTenant();
  return useGrants().find(({ tenant_id }) => tenant_id === tenant);
}

/** The tenant of the installation itself, where the reader is signed in as one who administers it. */
export const usePlatform = (): string | undefined => useGrants().find(({ role }) => role === "installer")?.tenant_id;

/** Why the reader may not do what takes one of these rights, by the server's own table; null where nothing is in the way. */
export function useBar(...needs: readonly Right[]): Bar | null {
  const grant = useGrant();
  if (grant === undefined || hasRight(grant.role, needs)) return null;
  const { code, message } = roleRefusal(grant.role, needs);
  return { code, reason: message };
}
