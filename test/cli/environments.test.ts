import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { formatInstant } from "../../src/contracts/index.ts";
import { realHost } from "../database/real-host.ts";
import { runsEvidence, SLO_POLICY } from "../slo.ts";
import { runCli } from "./run-cli.ts";
import { TEST_PACK } from "./test-pack.ts";
import { useWorld } from "./world.ts";

const PROMOTION = resolve("policies/promotion.yaml");
const COMMIT = "3f1d2c4b5a69788796a5b4c3d2e1f00112233445";

const { world } = useWorld();

const now = () => formatInstant(realHost.clock.now());

const cli = (...argv: readonly string[]) => runCli(argv, world);

beforeAll(async () => {
  const files = {
    "pack.yaml": stringify(TEST_PACK, { aliasDuplicateObjects: false }),
    "slo.yaml": SLO_POLICY,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(world.cwd, name), text);
  for (const folder of [".countermark", "good", "bad"]) mkdirSync(join(world.cwd, folder));
  for (const folder of ["good", "bad"])
    writeFileSync(join(world.cwd, folder, "runs.ndjson"), runsEvidence(folder === "good"));
  const key = await cli("bundle", "keygen", "--out", "release.pem", "--role", "release");
  writeFileSync(join(world.cwd, ".countermark/trust.json"), key.stdout);
});

test("a bundle is built, promoted behind its policy, shown, held back, rolled back: with the exit codes of each", async () => {
  const words = ["--label", "candidate", "--commit", COMMIT, "--policy", "slo.yaml", "--sign-with", "release.pem"];
  const built = await cli("bundle", "build", "pack.yaml", ...words, "--out", "a.bundle", "--json");
  expect(built.stderr).toBe("");
  const { bundle_id, root_digest } = JSON.parse(built.stdout);
  const evaluate = (evidence: string) =>
    cli("gate", "eval", "slo.yaml", "--evidence", evidence, "--at", now(), "--record", "--subject", root_digest);

  const toDev = await cli("promote", "a.bundle", "--to", "dev");
  const tooSoon = await cli("promote", "a.bundle", "--to", "staging");
  const well = await cli("env", "health", "dev", "good", "--reason", "golden suite passed");
  const undecided = await cli("promote", bundle_id, "--to", "staging");
  await evaluate("bad");
  const noGo = await cli("promote", bundle_id, "--to", "staging");
  await evaluate("good");
  const hold = await cli("env", "hold", "staging", "--reason", "peak season", "--json");
  const held = await cli("promote", bundle_id, "--to", "staging");
  const shown = await cli("env", "show");
  const lifted = await cli("env", "lift", JSON.parse(hold.stdout).hold_id, "--reason", "over");
  const toStaging = await cli("promote", bundle_id, "--to", "staging");
  const history = await cli("env", "history", "staging");
  const unknown = await cli("env", "report", "staging", "--json");
  writeFileSync(join(world.cwd, "R35-staging.json"), unknown.stdout);
  await cli("env", "health", "staging", "good", "--reason", "a day without alerts");
  const report = await cli("env", "report", "staging");
  const judged = await cli(
    ...["gate", "eval", PROMOTION, "--profile", "bundle", "--evidence", "R35-staging.json", "--at", now()],
  );
  const back = await cli("rollback", "staging", "--reason", "refunds fail");
  const unsaid = await cli("rollback", "staging");
  const both = await cli("rollback", "staging", "--judge", "--reason", "refunds fail");
  const none = await cli("rollback", "staging", "--judge");

  expect(toDev.stdout).toContain("a rollback has nowhere to go");
  expect(toDev.exit).toBe(0);
  expect(toDev.stdout).toContain(`dev holds ${bundle_id}`);
  expect([tooSoon.exit, well.exit, undecided.exit, noGo.exit, held.exit, lifted.exit]).toEqual([7, 0, 5, 4, 7, 0]);
  expect(noGo.stderr).toContain("RELEASE_GATE_ALLOWS_PROMOTION: policy `slo` 1.0.0 says NO-GO");
  expect(shown.stdout).toContain("runs here");
  expect(shown.stdout).toContain("held  staging: peak season");
  expect(toStaging.exit).toBe(0);
  expect(history.stdout).toContain("environment.promoted");
  const refusal = /environment\.refused.* says NO-GO .*(\S{36})/.exec(history.stdout);
  const explained = await cli("gate", "explain", refusal?.[1] ?? "");
  expect(explained.stdout).toContain("release_gate_allows_promotion");
  expect([unknown.exit, judged.exit, report.exit]).toEqual([5, 5, 0]);
  expect(judged.stdout).toContain("post_deploy_canary");
  expect(report.stdout).toContain(`passed  ${bundle_id} into staging, gate go`);
  expect(back).toMatchObject({ exit: 9, stdout: "" });
  expect(back.stderr).toContain("ROLLBACK_TARGET_MISSING");
  expect([unsaid.exit, both.exit, none.exit]).toEqual([2, 2, 9]);
  expect(none.stderr).toContain("ROLLBACK_NOT_FOUND");
});

test("where a bundle is promoted, another pack is not activated: exit 7 and a remedy", async () => {
  writeFileSync(
    join(world.cwd, "next.yaml"),
    stringify({ ...TEST_PACK, version: "9.0.0" }, { aliasDuplicateObjects: false }),
  );

  const said = await cli("pack", "activate", "next.yaml");

  expect(said).toMatchObject({ exit: 7, stdout: "" });
  expect(said.stderr).toContain("CONTRACT_NOT_PROMOTED");
  expect(said.stderr).toContain("remedy: ");
});
