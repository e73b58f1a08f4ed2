import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Ids, sha256Hex } from "../contracts/index.ts";
import { type ArtifactStore, folderArtifacts } from "./artifact.ts";
import { openSealed, seal, type TenantKey } from "./seal.ts";
import { isSealedReference } from "./sealed-reference.ts";

let root: string;
let store: ArtifactStore;

const counting = (): Ids => {
  let last = 0;
  return { next: () => String(++last) };
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "artifacts-"));
  store = folderArtifacts({ root, ids: counting() });
});

afterEach(() => rm(root, { recursive: true }));

const put = (content: string, tenant = "shop_abc") => store.put({ tenant, content, mediaType: "text/plain" });

const pathOf = (digest: string, tenant = "shop_abc"): string => join(root, tenant, digest.slice(0, 2), digest);

const read = async (digest: ReturnType<typeof sha256Hex>, tenant = "shop_abc") =>
  Buffer.from(await store.get(tenant, digest)).toString();

describe("artifacts in a folder", () => {
  it("what was put is found by its digest", async () => {
    const reference = await put("héllo");

    expect(reference).toEqual({ digest: sha256Hex("héllo"), media_type: "text/plain", size_bytes: 6 });
    expect(await read(reference.digest)).toBe("héllo");
  });

  it("one content is one file, and no part is left behind", async () => {
    const { digest } = await put("a");
    await Promise.all([put("a"), put("a")]);

    expect(await readdir(join(root, "shop_abc", digest.slice(0, 2)))).toEqual([digest]);
  });

  it("a damaged artifact is refused, and mended by putting it again", async () => {
    const { digest } = await put("a");
    await writeFile(pathOf(digest), "b");

    await expect(store.get("shop_abc", digest)).rejects.toMatchObject({ code: "ARTIFACT_CORRUPT" });
    await put("a");
    expect(await read(digest)).toBe("a");
  });

  it("a digest finds nothing in another tenant's folder", async () => {
    const { digest } = await put("a");

    await expect(store.get("shop_xyz", digest)).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
  });

  it("a tenant's name cannot lead out of the root", async () => {
    const { digest } = await put("a", "../outside");

    expect(await readdir(root)).toEqual([`~${sha256Hex("../outside")}`]);
    expect(await read(digest, "../outside")).toBe("a");
  });

  it("an erased artifact is gone, and erasing it again is no fault", async () => {
    const { digest } = await put("a");
    await store.erase("shop_abc", digest);
    await store.erase("shop_abc", digest);
    await store.erase("shop_new", digest);

    await expect(store.get("shop_abc", digest)).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
  });

  it("a store that cannot be written is a fault with its cause", async () => {
    await writeFile(join(root, "file"), "");
    const broken = folderArtifacts({ root: join(root, "file"), ids: counting() });

    await expect(broken.put({ tenant: "shop_abc", content: "a", mediaType: "text/plain" })).rejects.toMatchObject({
      code: "ARTIFACT_UNAVAILABLE",
      cause: { code: "ENOTDIR" },
    });
  });
});

describe("sealed values", () => {
  const key: TenantKey = { tenant: "shop_abc", id: "key-1", secret: new Uint8Array(32).fill(7) };
  let drawn = 0;
  const random = { next: () => 0, bytes: (length: number) => new Uint8Array(length).fill(++drawn) };
  const sealed = (value: string) => seal({ email: value }, { store, random, key });

  it("a value comes back with the key that sealed it", async () => {
    const reference = await sealed("jane@example.com");

    expect(isSealedReference({ ...reference })).toBe(true);
    expect(await openSealed(reference, { store, key })).toEqual({ email: "jane@example.com" });
  });

  it("nothing of the value is on disk, and equal values have different references", async () => {
    const first = await sealed("jane@example.com");
    const second = await sealed("jane@example.com");

    expect(first.$sealed).not.toBe(second.$sealed);
    expect(await read(first.$sealed)).not.toContain("jane");
  });

  it.each([
    ["another key", { secret: new Uint8Array(32).fill(8) }],
    ["another key's id", { id: "key-2" }],
  ])("%s does not open it", async (_name, change) => {
    const reference = await sealed("jane@example.com");

    await expect(openSealed(reference, { store, key: { ...key, ...change } })).rejects.toMatchObject({
      code: "SEAL_UNREADABLE",
    });
  });

  it("an envelope copied to another tenant does not open there, even under the same secret", async () => {
    const { $sealed } = await sealed("jane@example.com");
    await put(await read($sealed), "shop_xyz");

    await expect(openSealed({ $sealed }, { store, key: { ...key, tenant: "shop_xyz" } })).rejects.toMatchObject({
      code: "SEAL_UNREADABLE",
    });
  });

  it("an artifact that is no envelope, or a changed one, does not open", async () => {
    const other = await put("no envelope");
    const envelope = JSON.parse(await read((await sealed("jane@example.com")).$sealed));
    const changed = await put(JSON.stringify({ ...envelope, ciphertext: "AAAA" }));
    const shortened = await put(JSON.stringify({ ...envelope, tag: "AAAA" }));

    for (const { digest } of [other, changed, shortened]) {
      await expect(openSealed({ $sealed: digest }, { store, key })).rejects.toMatchObject({ code: "SEAL_UNREADABLE" });
    }
  });
});
