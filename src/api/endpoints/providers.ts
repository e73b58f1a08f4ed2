import { z } from "@hono/zod-openapi";
import { type CredentialRow, validCredentials } from "../../guard/index.ts";
import { isProvider, listEndpoints, missingSetting, PROVIDERS } from "../../ingress/index.ts";
import { inTenant } from "../../store/index.ts";
import type { TenantControl } from "../../worker/index.ts";
import { addEndpoint, setCredential } from "../administer.ts";
import { currentControl } from "../control.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { name, time, timeOf, timeOrNull } from "../wire/parts.ts";

/*
 * Both ways between a tenant and a provider: the credential with which its tools call there, and the address at which the
 * provider delivers. No answer holds a secret but that of a new address, whose token is shown once.
 */

/** Longer than any key or certificate, shorter than an abuse. */
const SECRET_CHARS_MAX = 16_384;

const service = z
  .string()
  .max(255)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, "may hold a-z, digits, `.`, `_` and `-`");

/** Scheme, host and port: what a call adds its path to. */
const origin = z.string().refine(isOrigin, "is not an origin such as `https://api.stripe.com`");

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return ["http:", "https:"].includes(url.protocol) && url.origin === text;
}

const settings = z
  .record(z.string().max(255), z.string().max(SECRET_CHARS_MAX))
  .refine((given) => !Object.hasOwn(given, "mode"), "cannot hold `mode`: the tenant's is the only one");

const settingNames = z.array(z.string()).readonly();

export const setCredentialEndpoint = endpoint({
  method: "post",
  path: "/v1/credentials",
  summary: "Set where and with which secret a service is reached",
  description:
    "The next call uses it; webhooks signed with the one before are taken for 24 h more. What is set already stays as it is, " +
    "so a repetition is harmless and needs no Idempotency-Key, under which a digest of the secret would be kept.",
  needs: ["administer"],
  request: {
    ...NOTHING,
    body: z.strictObject({
      service,
      origin,
      secret: z.string().min(1).max(SECRET_CHARS_MAX),
      settings: settings.default({}),
    }),
  },
  statuses: { 200: "it is set; `changed` is false where it was set already" },
  answer: z.strictObject({ service: name, origin: z.string(), settings: settingNames, changed: z.boolean() }),
  async handle({ installation, caller }, { body }) {
    const set = await setCredential(installation, { ...body, tenantId: caller.tenantId, by: caller.principalId });
    if (!set.ok) return set;
    const { service, origin } = body;
    return reply({ service, origin, settings: Object.keys(body.settings).toSorted(), changed: set.value.changed });
  },
});

export const listCredentialsEndpoint = endpoint({
  method: "get",
  path: "/v1/credentials",
  summary: "List the credentials without their secrets",
  needs: ["administer"],
  request: NOTHING,
  statuses: { 200: "the credential of each service; of settings, which may be secrets, the names" },
  answer: z.strictObject({
    credentials: z
      .array(
        z.strictObject({
          service: name,
          origin: z.string(),
          settings: settingNames,
          /** Whether the one that it replaced is still taken for webhooks. */
          overlaps: z.boolean(),
        }),
      )
      .readonly(),
  }),
  async handle({ installation, caller }) {
    const control = await currentControl(installation, caller.tenantId);
    const now = installation.host.clock.now();
    const rows = await inTenant(installation.database, caller.tenantId, async (sql) => [
      ...(await validCredentials(sql, now)),
    ]);
    const previous = new Set(rows.flatMap(({ service, slot }) => (slot === "previous" ? [service] : [])));
    const credentials = rows
      .filter(({ slot }) => slot === "current")
      .map((row) => ({
        service: row.service,
        origin: row.origin,
        settings: settingNamesOf(row, control),
        overlaps: previous.has(row.service),
      }));
    return reply({ credentials });
  },
});

const settingNamesOf = ({ service, settings }: CredentialRow, { secrets }: TenantControl): readonly string[] =>
  Object.keys(JSON.parse(secrets.open(settings, `settings ${service}`))).toSorted();

/** What its credential lacks for an address to take anything in. */
const missing_setting = z.string().nullable();

const missingOf = (provider: string, control: TenantControl): string | null =>
  isProvider(provider) ? missingSetting(provider, control) : null;

export const addEndpointEndpoint = endpoint({
  method: "post",
  path: "/v1/endpoints",
  summary: "Open an address at which a provider delivers webhooks",
  description: "The address is in this one answer and nowhere else, so an Idempotency-Key does not bring it back.",
  needs: ["administer"],
  request: { ...NOTHING, body: z.strictObject({ provider: z.enum(PROVIDERS) }) },
  statuses: { 201: "the address, shown once" },
  answer: z.strictObject({ endpoint_id: name, provider: name, path: z.string(), missing_setting }),
  async handle({ installation, caller }, { body: { provider } }) {
    const { tenantId, principalId: by } = caller;
    const control = await currentControl(installation, tenantId);
    const added = await addEndpoint(installation, { tenantId, provider, by });
    return reply({ ...added, provider, missing_setting: missingOf(provider, control) }, 201);
  },
});

export const listEndpointsEndpoint = endpoint({
  method: "get",
  path: "/v1/endpoints",
  summary: "List the addresses at which providers deliver, without their tokens",
  needs: ["administer"],
  request: NOTHING,
  statuses: { 200: "every address, oldest first" },
  answer: z.strictObject({
    endpoints: z
      .array(
        z.strictObject({
          endpoint_id: name,
          provider: name,
          missing_setting,
          created_at: time,
          disabled_at: time.nullable(),
        }),
      )
      .readonly(),
  }),
  async handle({ installation, caller }) {
    const control = await currentControl(installation, caller.tenantId);
    const rows = await inTenant(installation.database, caller.tenantId, async (sql) => [...(await listEndpoints(sql))]);
    const endpoints = rows.map(({ created_at, disabled_at, ...row }) => ({
      ...row,
      missing_setting: missingOf(row.provider, control),
      created_at: timeOf(created_at),
      disabled_at: timeOrNull(disabled_at),
    }));
    return reply({ endpoints });
  },
});
