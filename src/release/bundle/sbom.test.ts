import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { sbomOf } from "./sbom.ts";

const LOCK: unknown = JSON.parse(readFileSync("package-lock.json", "utf8"));
const MANIFEST = JSON.parse(readFileSync("package.json", "utf8"));

/** The published schemas come with a library that we only test with. */
function cycloneDx() {
  const folder = createRequire(import.meta.url).resolve("@cyclonedx/cyclonedx-library/package.json");
  const read = (name: string) => JSON.parse(readFileSync(new URL(`res/schema/${name}`, `file://${folder}`), "utf8"));
  const ajv = new Ajv({ strict: false, validateFormats: false });
  for (const name of ["spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json"])
    ajv.addSchema(read(name), `http://cyclonedx.org/schema/${name}`);
  return ajv.compile(read("bom-1.6.SNAPSHOT.schema.json"));
}

const ours = () => {
  const sbom = sbomOf(LOCK);
  return sbom.ok ? JSON.parse(sbom.value) : undefined;
};

test("the bill of materials of this program satisfies the published schema of CycloneDX 1.6", () => {
  const isValid = cycloneDx();

  expect(isValid(ours()) ? [] : isValid.errors).toEqual([]);
  expect(isValid({ ...ours(), components: [{ name: "no type" }] })).toBe(false);
});

test("it names every production dependency with version, digest and licence, and none that is only for development", () => {
  const { components } = ours();
  const names: readonly string[] = components.map(({ name }: { name: string }) => name);

  expect(names).toEqual(expect.arrayContaining(Object.keys(MANIFEST.dependencies)));
  expect(names.filter((name) => Object.hasOwn(MANIFEST.devDependencies, name))).toEqual([]);
  expect(components.find(({ name }: { name: string }) => name === "hono")).toEqual({
    type: "library",
    "bom-ref": `pkg:npm/hono@${MANIFEST.dependencies.hono}`,
    purl: `pkg:npm/hono@${MANIFEST.dependencies.hono}`,
    name: "hono",
    version: MANIFEST.dependencies.hono,
    scope: "required",
    licenses: [{ expression: "MIT" }],
    hashes: [{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
  });
});

test("a nested package is known by its own name, once, and a text that is no licence expression stays a name", () => {
  const packages = {
    "": { name: "shop", version: "1.0.0" },
    "node_modules/a": { version: "1.0.0" },
    "node_modules/a/node_modules/@x/b": { version: "2.0.0+1", license: "SEE LICENSE IN LICENSE.md" },
    "node_modules/c/node_modules/@x/b": { version: "2.0.0+1", license: "SEE LICENSE IN LICENSE.md" },
    "node_modules/dev": { version: "1.0.0", dev: true },
    "node_modules/linked": { link: true },
  };

  const sbom = sbomOf({ lockfileVersion: 3, packages });

  expect(sbom.ok && JSON.parse(sbom.value).components).toEqual([
    {
      type: "library",
      "bom-ref": "pkg:npm/%40x/b@2.0.0%2B1",
      purl: "pkg:npm/%40x/b@2.0.0%2B1",
      name: "@x/b",
      version: "2.0.0+1",
      scope: "required",
      licenses: [{ license: { name: "SEE LICENSE IN LICENSE.md" } }],
    },
    expect.objectContaining({ purl: "pkg:npm/a@1.0.0" }),
  ]);
});

test.each([null, {}, { lockfileVersion: 1, dependencies: {} }, { lockfileVersion: 3, packages: {} }])(
  "what is no lock file is refused: %j",
  (document) => {
    expect(sbomOf(document)).toMatchObject({ ok: false, refusal: { code: "LOCK_FILE_INVALID" } });
  },
);
