import { z } from "@hono/zod-openapi";
import { rejected } from "../../contracts/index.ts";
import { findBundle, heldBundles, listBundles, type PromotedBundle, verifyBundle } from "../../release/index.ts";
import { inTenant } from "../../store/index.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { digest, jsonObject, limit, name, nextOf, time, timeOf } from "../wire/parts.ts";
import { environment, health } from "./environment-acts.ts";

/** Where a bundle is or was, and how it does there. */
const stay = z.strictObject({ environment, health, is_current: z.boolean() });

const bundle = z
  .strictObject({
    bundle_id: name,
    root_digest: digest,
    label: z.string(),
    /** SHA-256 of its file. */
    file_sha256: digest,
    pack_id: name,
    pack_digest: digest,
    built_by: z.string(),
    added_by: z.string(),
    added_at: time,
    stays: z.array(stay).readonly(),
  })
  .openapi("PromotedBundle");

type Held = Awaited<ReturnType<typeof heldBundles>>;

const bundleView = ({ added_at, artifact_digest, ...rest }: PromotedBundle, held: Held): z.output<typeof bundle> => ({
  ...rest,
  file_sha256: artifact_digest,
  added_at: timeOf(added_at),
  stays: held
    .filter(({ bundle_id }) => bundle_id === rest.bundle_id)
    .map(({ environment: place, health, is_current }) => ({ environment: place, health, is_current })),
});

export const listBundlesEndpoint = endpoint({
  method: "get",
  path: "/v1/bundles",
  summary: "List the bundles that were promoted, newest first, with where each is",
  needs: ["read"],
  request: { ...NOTHING, query: z.strictObject({ before: name.optional(), limit }) },
  statuses: { 200: "a page of bundles; `next` is the `before` of the next page" },
  answer: z.strictObject({ bundles: z.array(bundle).readonly(), next: z.string().nullable() }),
  async handle({ installation, caller }, { query }) {
    const { before = null, limit: rows } = query;
    return inTenant(installation.database, caller.tenantId, async (sql) => {
      const page = await listBundles(sql, { before, limit: rows });
      const held = await heldBundles(sql);
      return reply({
        bundles: page.map((one) => bundleView(one, held)),
        next: nextOf(page, rows, ({ bundle_id }) => bundle_id),
      });
    });
  },
});

const problem = z.strictObject({ code: z.string(), message: z.string() });

const report = z
  .strictObject({
    ok: z.boolean(),
    /** Of the key whose signature it carries. */
    key_id: z.string().nullable(),
    /** Every rule that does not hold. */
    errors: z.array(problem).readonly(),
    warnings: z.array(z.string()).readonly(),
    /** Files whose size and digest are the manifest's. */
    verified_files: z.int(),
  })
  .openapi("BundleReport");

export const showBundleEndpoint = endpoint({
  method: "get",
  path: "/v1/bundles/{bundle}",
  summary:
    "Show a bundle by its id or root digest: its manifest, and whether it verifies under the keys that are trusted now",
  needs: ["read"],
  request: {
    ...NOTHING,
    params: z.strictObject({ bundle: name }),
    query: z.strictObject({ file: z.enum(["whole", "none"]).default("none") }),
  },
  statuses: { 200: "the bundle" },
  answer: z.strictObject({
    bundle,
    report,
    /** What it says of itself, signed; null where none can be read. */
    manifest: jsonObject.nullable(),
    /** The bundle's text, where it is asked for. */
    file: z.string().nullable(),
  }),
  async handle({ installation, caller }, { params, query }) {
    const found = await inTenant(installation.database, caller.tenantId, async (sql) => {
      const row = await findBundle(sql, params.bundle);
      if (row === undefined) return undefined;
      const bytes = await installation.artifacts.get(sql, row.artifact_digest);
      return { bytes, shown: bundleView(row, await heldBundles(sql)) };
    });
    if (found === undefined)
      return rejected({ code: "BUNDLE_NOT_FOUND", message: `no bundle \`${params.bundle}\` was promoted before` });
    const roster = await installation.readTrust();
    if (!roster.ok) return roster;
    const options = { roster: roster.value, at: installation.host.clock.now() };
    const { report: said, manifest } = verifyBundle(found.bytes, options);
    return reply({
      bundle: found.shown,
      report: {
        ok: said.ok,
        key_id: said.key_id,
        errors: said.errors.map(({ code, message }) => ({ code, message })),
        warnings: said.warnings,
        verified_files: said.verified_files,
      },
      manifest: manifest === null ? null : JSON.parse(JSON.stringify(manifest)),
      file: query.file === "whole" ? new TextDecoder().decode(found.bytes) : null,
    });
  },
});
