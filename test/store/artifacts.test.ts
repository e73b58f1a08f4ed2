import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Digest, sha256Hex } from "../../src/contracts/index.ts";
import { type ArtifactStore, artifactFolder, artifactStore } from "../../src/ledger/index.ts";
import { inTenant, type TenantQuery } from "../../src/store/index.ts";
import { realHost } from "../database/real-host.ts";
import { addTenant, freshId, useDatabase } from "./runs.ts";

const database = useDatabase();
let root: string;
let store: ArtifactStore;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "artifacts-"));
  store = artifactStore(artifactFolder({ root, ids: realHost.ids }));
});

afterAll(() => rm(root, { recursive: true }));

const SIZES = [
  ["a small artifact", "héllo"],
  ["one too large for a row", "é".repeat(1_100_000)],
] as const;

describe.each(SIZES)("%s", (_name, content) => {
  const put = (sql: TenantQuery) => store.put(sql, { content, mediaType: "text/plain" });
  const digest = sha256Hex(content);

  it("is found by its digest, and putting it again changes nothing", async () => {
    const inOwn = await tenant();

    const reference = await inOwn(put);
    await inOwn(put);

    expect(reference).toEqual({ digest, media_type: "text/plain", size_bytes: Buffer.byteLength(content) });
    expect(await inOwn(read(digest))).toBe(content);
    expect(await inOwn((sql) => sql`select 1 from artifact`)).toHaveLength(1);
  });

  it("is not there when the transaction that put it is undone", async () => {
    const inOwn = await tenant();

    await inOwn(async (sql) => {
      await put(sql);
      throw new Error("undone");
    }).catch(() => undefined);

    await expect(inOwn(read(digest))).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
  });

  it("is not found by another tenant, who knows its digest", async () => {
    const [inOwn, inOther] = [await tenant(), await tenant()];
    await inOwn(put);

    await expect(inOther(read(digest))).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
    await inOther((sql) => store.erase(sql, digest));
    expect(await inOwn(read(digest))).toBe(content);
  });

  it("once erased is gone, says so, and erasing it again is no fault; put again it is there again", async () => {
    const inOwn = await tenant();
    await inOwn(put);

    await inOwn((sql) => store.erase(sql, digest));
    await inOwn((sql) => store.erase(sql, digest));

    await expect(inOwn(read(digest))).rejects.toMatchObject({ code: "ARTIFACT_ERASED" });
    const rows = await inOwn((sql) => sql`select content, erased_at is not null as erased from artifact`);
    expect(rows).toMatchObject([{ content: null, erased: true }]);
    await inOwn(put);
    expect(await inOwn(read(digest))).toBe(content);
  });
});

describe("what lies in the folder", () => {
  const LARGE = "x".repeat(2_200_000);
  const digest = sha256Hex(LARGE);
  const kept = async () => {
    const tenantId = await addTenant(database());
    const inOwn = <T>(work: (sql: TenantQuery) => Promise<T>) => inTenant(database(), tenantId, work);
    await inOwn((sql) => store.put(sql, { content: LARGE, mediaType: "text/plain" }));
    return { tenantId, inOwn };
  };

  it("is destroyed with the artifact", async () => {
    const { tenantId, inOwn } = await kept();
    const before = await readdir(join(root, tenantId, digest.slice(0, 2)));

    await inOwn((sql) => store.erase(sql, digest));

    expect(before).toEqual([digest]);
    expect(await readdir(join(root, tenantId, digest.slice(0, 2)))).toEqual([]);
  });

  it("is refused once it was altered, and mended by putting it again", async () => {
    const { tenantId, inOwn } = await kept();
    await writeFile(join(root, tenantId, digest.slice(0, 2), digest), "y");

    await expect(inOwn(read(digest))).rejects.toMatchObject({ code: "ARTIFACT_CORRUPT" });
    await inOwn((sql) => store.put(sql, { content: LARGE, mediaType: "text/plain" }));
    expect(await inOwn(read(digest))).toBe(LARGE);
  });

  it("is missing to a machine that has another folder", async () => {
    const { inOwn } = await kept();
    const elsewhere = artifactStore(artifactFolder({ root: join(root, freshId("machine")), ids: realHost.ids }));

    await expect(inOwn((sql) => elsewhere.get(sql, digest))).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
  });
});

describe("the table", () => {
  it("takes no content that does not hash to its digest, from whomever it comes", async () => {
    const tenantId = await addTenant(database());
    const { digest } = await inTenant(database(), tenantId, (sql) =>
      store.put(sql, { content: "a", mediaType: "text/plain" }),
    );

    const altered = database().owner`
      update countermark.artifact set content = 'b' where tenant_id = ${tenantId} and digest = ${digest}`;

    await expect(altered).rejects.toMatchObject({ code: "23514", constraint_name: "artifact_content" });
  });

  it("lets the application take content away, and change or remove nothing else", async () => {
    const inOwn = await tenant();
    await inOwn((sql) => store.put(sql, { content: "a", mediaType: "text/plain" }));

    for (const change of [
      (sql: TenantQuery) => sql`update artifact set media_type = 'x'`,
      (sql: TenantQuery) => sql`delete from artifact`,
    ]) {
      await expect(inOwn(change)).rejects.toMatchObject({ cause: { code: "42501" } });
    }
  });
});

/** A new tenant's way to work in its own transactions. */
async function tenant() {
  const tenantId = await addTenant(database());
  return <T>(work: (sql: TenantQuery) => Promise<T>): Promise<T> => inTenant(database(), tenantId, work);
}

const read = (digest: Digest) => async (sql: TenantQuery) => Buffer.from(await store.get(sql, digest)).toString("utf8");
