import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { commercePack } from "../../src/packs/commerce/index.ts";
import { newFolder, runCli } from "./run-cli.ts";

const COMMIT = "3f1d2c4b5a69788796a5b4c3d2e1f00112233445";

/** A folder with a pack, a release key and a roster that trusts it. */
let cwd: string;

const build = (...more: readonly string[]) =>
  runCli(["bundle", "build", "shop.yaml", "--commit", COMMIT, "--sign-with", "release.pem", ...more], { cwd });

beforeAll(async () => {
  cwd = newFolder();
  writeFileSync(join(cwd, "shop.yaml"), stringify(commercePack().pack, { aliasDuplicateObjects: false }));
  const made = await runCli(["bundle", "keygen", "--out", "release.pem", "--role", "release"], { cwd });
  writeFileSync(join(cwd, "trust.json"), made.stdout);
  await build("--label", "candidate", "--out", "shop.bundle");
});

test("a key that is made is for its owner's eyes, never replaced, and comes with what makes it trusted", async () => {
  const again = await runCli(["bundle", "keygen", "--out", "release.pem"], { cwd });
  const [key] = JSON.parse(readFileSync(join(cwd, "trust.json"), "utf8")).keys;

  expect(statSync(join(cwd, "release.pem")).mode & 0o777).toBe(0o600);
  expect(again).toMatchObject({ exit: 9, stdout: "" });
  expect(again.stderr).toContain("FILE_EXISTS");
  expect(key).toMatchObject({ keyid: expect.stringMatching(/^[0-9a-f]{64}$/), roles: ["release"] });
});

test("BND-02: a bundle is built, shown and verified without a database; one that exists is never replaced", async () => {
  const built = await build(
    "--label",
    "candidate",
    "--out",
    "r.bundle",
    "--lock",
    join(process.cwd(), "package-lock.json"),
  );
  const shown = await runCli(["bundle", "show", "r.bundle", "--json"], { cwd });
  const verified = await runCli(["bundle", "verify", "r.bundle", "--trust", "trust.json"], { cwd });
  const again = await build("--label", "candidate", "--out", "r.bundle");
  const checked = await runCli(["check", "shop.yaml", "--json"], { cwd });

  expect(built).toMatchObject({ exit: 0, stderr: "" });
  const manifest = JSON.parse(shown.stdout);
  expect(manifest.bundle_id).toMatch(/^candidate-\d{8}-\d{6}-3f1d2c4b-[0-9a-f]{12}$/);
  expect(manifest.pack.digest).toBe(JSON.parse(checked.stdout).digest);
  expect(manifest.sbom.path).toBe("sbom.cdx.json");
  expect(verified).toMatchObject({ exit: 0, stderr: "" });
  expect(verified.stdout).toContain(manifest.bundle_id);
  expect(again).toMatchObject({ exit: 9, stdout: "" });
});

test("a bundle that nobody trusts, one whose key is no longer valid and one that was altered exit with 8", async () => {
  writeFileSync(
    join(cwd, "altered.bundle"),
    readFileSync(join(cwd, "shop.bundle"), "utf8").replace("refund", "Refund"),
  );
  const untrusted = await runCli(["bundle", "verify", "shop.bundle"], { cwd });
  const expired = await runCli(
    ["bundle", "verify", "shop.bundle", "--trust", "trust.json", "--at", "2999-01-01T00:00:00Z"],
    { cwd },
  );
  const altered = await runCli(["bundle", "verify", "altered.bundle", "--trust", "trust.json", "--json"], { cwd });

  expect(untrusted).toMatchObject({ exit: 8, stdout: "" });
  expect(untrusted.stderr).toContain("BUNDLE_UNTRUSTED_KEY");
  expect(expired).toMatchObject({ exit: 8 });
  expect(expired.stderr).toContain("BUNDLE_KEY_EXPIRED");
  expect(altered).toMatchObject({ exit: 8, stderr: "" });
  expect(JSON.parse(altered.stdout).errors[0].code).toBe("BUNDLE_CHECKSUM");
});

test.each([
  ["a release without a lock file", ["--label", "release", "--out", "x.bundle"], 8, "BUNDLE_MISSING_EVIDENCE"],
  [
    "a lock file that is none",
    ["--label", "release", "--out", "x.bundle", "--lock", "shop.yaml"],
    2,
    "LOCK_FILE_INVALID",
  ],
  [
    "a key that is none",
    ["--label", "candidate", "--out", "x.bundle", "--sign-with", "shop.yaml"],
    2,
    "SIGNING_KEY_INVALID",
  ],
  ["a short commit", ["--label", "candidate", "--out", "x.bundle", "--commit", "3f1d2c4"], 2, "USAGE"],
  ["a folder that is not there", ["--label", "candidate", "--out", "no/x.bundle"], 1, "E_REPORT_FAILED"],
] as const)("%s is refused", async (_, args, exit, code) => {
  const said = await build(...args);

  expect(said).toMatchObject({ exit, stdout: "" });
  expect(said.stderr).toContain(code);
});
