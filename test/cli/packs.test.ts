import { expect, test } from "vitest";
import { stringify } from "yaml";
import { runCli } from "./run-cli.ts";
import { TEST_PACK } from "./test-pack.ts";
import { useWorld } from "./world.ts";

const { file, world } = useWorld();

const yaml = (version: string): string => stringify({ ...TEST_PACK, version }, { aliasDuplicateObjects: false });

test("a pack is activated from a file, listed with its digest, and replaced by its next version from standard input", async () => {
  const checked = await runCli(["check", file("pack.yaml", yaml("1.0.0")), "--json"], world);
  const { digest } = JSON.parse(checked.stdout);

  const none = await runCli(["pack", "list"], world);
  const activated = await runCli(["pack", "activate", "pack.yaml"], world);
  const listed = await runCli(["pack", "list"], world);
  const next = await runCli(["pack", "activate", "-", "--json"], { ...world, stdin: yaml("1.1.0") });
  const then = await runCli(["pack", "list", "--json"], world);
  const started = await runCli(["run", "start", "note", "--input", '{"text":"hi"}', "--json"], world);

  expect(none).toMatchObject({ exit: 0, stdout: "no packs\n" });
  expect(activated).toMatchObject({ exit: 0, stderr: "" });
  expect(activated.stdout).toBe(`active  tests 1.0.0  new runs start on it\n        sha256 ${digest}\n`);
  expect(listed.stdout).toMatch(/^PACK +VERSION +STATE +DIGEST +WORKFLOWS +WITHDRAWN TOOLS\ntests +1\.0\.0 +ACTIVE /);
  expect(listed.stdout).toContain(`${digest.slice(0, 12)}  note, pay_back, `);
  expect(JSON.parse(then.stdout).packs).toMatchObject([{ version: "1.1.0", digest: JSON.parse(next.stdout).digest }]);
  expect(JSON.parse(started.stdout).pack_digest).toBe(JSON.parse(next.stdout).digest);
});

test("a pack that does not compile is refused with every finding and its place, as check does, and nothing is activated", async () => {
  file("bad.yaml", `colour: blue\nsize: 1\n${yaml("2.0.0")}`);

  const said = await runCli(["pack", "activate", "bad.yaml"], world);
  const checked = await runCli(["check", "bad.yaml"], world);
  const asData = await runCli(["pack", "activate", "bad.yaml", "--json"], world);
  const listed = await runCli(["pack", "list"], world);

  expect(said).toMatchObject({ exit: 2, stdout: "" });
  expect(said.stderr).toContain("PACK_FIELD_UNKNOWN: bad.yaml:1:9 `$.colour` unknown field `colour`");
  expect(said.stderr).toContain("PACK_FIELD_UNKNOWN: bad.yaml:2:7 `$.size` unknown field `size`");
  expect(said.stderr).toBe(checked.stderr);
  expect(asData).toMatchObject({ exit: 2, stdout: "" });
  expect(JSON.parse(asData.stderr)).toMatchObject({ code: "PACK_FIELD_UNKNOWN", details: { errors: [{}, {}] } });
  expect(listed.stdout).not.toContain("2.0.0");
});

const [note] = TEST_PACK.workflows;

test.each([
  [
    "P1-T28 whose workflow names a missing tool",
    {
      workflows: [
        { ...note, id: "rash", steps: [{ id: "a", type: "TOOL", tool_name: "gone", tool_version: "1.0.0" }] },
      ],
    },
    "CC01_TOOL_MISSING",
  ],
  [
    "P1-T41 with a FINANCIAL tool that approves itself",
    { hitl_rules: { payBack: { ...TEST_PACK.hitl_rules.payBack, timeout_action: "AUTO_APPROVE" } } },
    "CC04_AUTO_APPROVE",
  ],
  ["P1-T41 with a FINANCIAL tool without a rule", { hitl_rules: {} }, "CC04_RULE_MISSING"],
])("of a pack %s nothing is ever executed", async (_, fault, code) => {
  const workflows = TEST_PACK.workflows.map((workflow) =>
    workflow.id === "note" ? { ...workflow, id: "rash" } : workflow,
  );
  const text = stringify({ ...TEST_PACK, version: "9.0.0", workflows, ...fault }, { aliasDuplicateObjects: false });

  const activated = await runCli(["pack", "activate", file("rash.yaml", text)], world);
  const started = await runCli(["run", "start", "rash", "--input", '{"text":"hi"}'], world);
  const runs = await runCli(["run", "list", "--json"], world);

  expect(activated).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringContaining(code) });
  expect(started).toMatchObject({ exit: 2, stderr: expect.stringMatching(/^WORKFLOW_NOT_FOUND: /) });
  expect(JSON.parse(runs.stdout).runs.map((run: { workflow: string }) => run.workflow)).not.toContain("rash");
});

test("activating takes an admin, and a file that is there", async () => {
  const otto = (await runCli(["key", "add", "otto", "--role", "operator"], world)).stdout.trim();

  const denied = await runCli(["pack", "activate", file("pack.yaml", yaml("1.0.0")), "--key", otto], world);
  const missing = await runCli(["pack", "activate", "none.yaml"], world);

  expect(denied).toMatchObject({ exit: 7, stdout: "", stderr: expect.stringMatching(/^ROLE_REQUIRED: /) });
  expect(missing).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringMatching(/^FILE_NOT_FOUND: /) });
});

test.each([
  ["activate", "$ countermark pack activate shop.yaml"],
  ["list", "$ countermark pack list"],
])("the help of pack %s has an example", async (verb, line) => {
  const said = await runCli(["pack", verb, "--help"]);

  expect(said).toMatchObject({ exit: 0, stderr: "", stdout: expect.stringContaining(`Examples:\n  ${line}\n`) });
});
