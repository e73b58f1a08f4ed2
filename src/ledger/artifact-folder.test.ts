import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Digest, type Ids, sha256Hex } from "../contracts/index.ts";
import { type ArtifactFolder, artifactFolder } from "./artifact-folder.ts";

let root: string;
let folder: ArtifactFolder;

const counting = (): Ids => {
  let last = 0;
  return { next: () => String(++last) };
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "artifacts-"));
  folder = artifactFolder({ root, ids: counting() });
});

afterEach(() => rm(root, { recursive: true }));

async function write(content: string, tenant = "shop_abc"): Promise<Digest> {
  const digest = sha256Hex(content);
  await folder.write(tenant, digest, Buffer.from(content));
  return digest;
}

const pathOf = (digest: string, tenant = "shop_abc"): string => join(root, tenant, digest.slice(0, 2), digest);

const read = async (digest: Digest, tenant = "shop_abc") => (await folder.read(tenant, digest))?.toString();

describe("the folder of large artifacts", () => {
  it("what was written is found by its digest", async () => {
    const digest = await write("héllo");

    expect(await read(digest)).toBe("héllo");
  });

  it("one content is one file, and no part is left behind", async () => {
    const digest = await write("a");
    await Promise.all([write("a"), write("a")]);

    expect(await readdir(join(root, "shop_abc", digest.slice(0, 2)))).toEqual([digest]);
  });

  it("a damaged file is mended by writing it again", async () => {
    const digest = await write("a");
    await writeFile(pathOf(digest), "b");

    await write("a");

    expect(await read(digest)).toBe("a");
  });

  it("a digest finds nothing in another tenant's folder", async () => {
    const digest = await write("a");

    expect(await read(digest, "shop_xyz")).toBeUndefined();
  });

  it("a tenant's name cannot lead out of the root", async () => {
    const digest = await write("a", "../outside");

    expect(await readdir(root)).toEqual([`~${sha256Hex("../outside")}`]);
    expect(await read(digest, "../outside")).toBe("a");
  });

  it("a removed file is gone, and removing it again is no fault", async () => {
    const digest = await write("a");
    await folder.remove("shop_abc", digest);
    await folder.remove("shop_abc", digest);
    await folder.remove("shop_new", digest);

    expect(await read(digest)).toBeUndefined();
  });

  it("a folder that cannot be written is a fault with its cause", async () => {
    await writeFile(join(root, "file"), "");
    const broken = artifactFolder({ root: join(root, "file"), ids: counting() });

    await expect(broken.write("shop_abc", sha256Hex("a"), Buffer.from("a"))).rejects.toMatchObject({
      code: "ARTIFACT_UNAVAILABLE",
      cause: { code: "ENOTDIR" },
    });
  });
});
