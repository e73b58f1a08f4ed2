import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { commercePack } from "../../src/packs/commerce/index.ts";
import { newFolder, runCli } from "./run-cli.ts";

const COMMERCE = stringify(commercePack().pack, { aliasDuplicateObjects: false });

function folderWith(name: string, text: string | Uint8Array): string {
  const folder = newFolder();
  writeFileSync(join(folder, name), text);
  return folder;
}

test("check passes a good pack with its digest, from a file and from standard input, without a database", async () => {
  const cwd = folderWith("shop.yaml", COMMERCE);

  const file = await runCli(["check", "shop.yaml"], { cwd });
  const piped = await runCli(["check", "-", "--json"], { cwd, stdin: COMMERCE });

  expect(file).toMatchObject({ exit: 0, stderr: "" });
  const check = JSON.parse(piped.stdout);
  expect(check).toMatchObject({ ok: true, digest: expect.stringMatching(/^[0-9a-f]{64}$/), errors: [] });
  expect(file.stdout).toContain(check.digest);
});

test.each([
  ["malformed YAML", "id: [1\n", "PACK_SYNTAX: pack.yaml:", 2],
  [
    "an unknown field",
    `colour: blue\n${COMMERCE}`,
    "PACK_FIELD_UNKNOWN: pack.yaml:1:9 `$.colour` unknown field `colour`",
    2,
  ],
  [
    "a wrong type",
    COMMERCE.replace(/^name: .*$/m, "name: 7"),
    "PACK_INVALID: pack.yaml:2:7 `$.name` must be a string",
    2,
  ],
  [
    "a missing scope",
    COMMERCE.replace(/^ {2}executeRefund:\n {4}tool_name/m, "  other:\n    tool_name"),
    "CC03_SCOPE",
    2,
  ],
] as const)("check refuses a pack with %s: a line, a remedy, exit 2", async (_, text, line, exit) => {
  const cwd = folderWith("pack.yaml", text);

  const said = await runCli(["check", "pack.yaml"], { cwd });

  expect(said).toMatchObject({ exit, stdout: "" });
  expect(said.stderr).toContain(line);
  expect(said.stderr.trimEnd().split("\n").length % 2).toBe(0);
  expect(said.stderr.split("\n")[1]).toMatch(/^remedy: ./);
});

test("check --json prints every finding as data, with exit 2", async () => {
  const cwd = folderWith("pack.yaml", "id: 7\nsize: 1\n");

  const said = await runCli(["check", "pack.yaml", "--json"], { cwd });

  expect(said).toMatchObject({ exit: 2, stderr: "" });
  const { ok, digest, errors } = JSON.parse(said.stdout);
  expect({ ok, digest }).toEqual({ ok: false, digest: null });
  expect(errors.map(({ code }: { code: string }) => code)).toContain("PACK_FIELD_UNKNOWN");
});

test.each([
  ["that is not there", "none.yaml", "FILE_NOT_FOUND: `none.yaml` does not exist or cannot be read"],
  ["that is a folder", ".", "FILE_NOT_FOUND: `.`"],
  ["that is not UTF-8", "bytes", "BODY_NOT_UTF8: `bytes` is not UTF-8"],
  ["that is too large", "large", "BODY_TOO_LARGE: `large` is larger than 1048576 bytes"],
])("check refuses a file %s", async (_, path, line) => {
  const cwd = folderWith("bytes", new Uint8Array([0xff, 0xfe]));
  writeFileSync(join(cwd, "large"), "#".repeat(1_048_577));

  const said = await runCli(["check", path], { cwd });

  expect(said).toMatchObject({ exit: 2, stdout: "" });
  expect(said.stderr).toContain(line);
});
