import { carriesPrefix, fieldPath, isTenantId, type Json } from "../contracts/index.ts";
import type { CallRequest } from "./call.ts";
import { ELEMENTS, type EntityIdPlaces, placeOfMember } from "./entity-places.ts";
import { NO_TENANT, type ResolvedCall } from "./resolve.ts";
import { type GuardVerdict, passed, refused } from "./verdict.ts";

/**
 * What an entity id looks like whoever owns it: tenant, mark of its kind, external id. Members named `…_id` that look so
 * are held to the tenant also where nobody annotated them. Provider ids (`pi_3Nv…`, `gid://…`, `cus_9s6…`) do not.
 */
const ENTITY_ID = /^[a-z0-9][a-z0-9_-]*_(?:ord|pay|ref|ful|cus|tkt|msg)_[A-Za-z0-9]/;

/** Stage 4: the call has a tenant, and every entity id in its arguments is that tenant's own. */
export function tenantVerdict(call: ResolvedCall, request: CallRequest): GuardVerdict {
  const { tenantId } = request;
  if (!isTenantId(tenantId)) return refused(NO_TENANT.code, NO_TENANT.message);
  const foreign = firstForeignId({ value: call.input, places: call.tool.entityIds, name: "", tenantId });
  if (foreign === undefined) return passed(`every entity id is of \`${tenantId}\``);
  const field_path = fieldPath(foreign);
  return refused("CROSS_TENANT_DENIED", `\`${field_path}\` does not name an entity of this tenant`, { field_path });
}

interface Place {
  readonly value: Json;
  /** Annotations at this place and below it. */
  readonly places: EntityIdPlaces | undefined;
  readonly name: string;
  readonly tenantId: string;
}

/** The steps to the first foreign id, or `undefined`. */
function firstForeignId({ value, places, name, tenantId }: Place): readonly (string | number)[] | undefined {
  if (typeof value === "string") {
    const isId = places?.isId === true || (name.endsWith("_id") && ENTITY_ID.test(value));
    return isId && !carriesPrefix(tenantId, value) ? [] : undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const isList = Array.isArray(value);
  for (const [member, part] of Object.entries(value)) {
    const place = isList
      ? { value: part, places: places?.members.get(ELEMENTS), name: name.replace(/_ids$/, "_id"), tenantId }
      : { value: part, places: places && placeOfMember(places, member), name: member, tenantId };
    const found = firstForeignId(place);
    if (found !== undefined) return [isList ? Number(member) : member, ...found];
  }
  return undefined;
}
