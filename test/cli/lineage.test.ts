import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { formatInstant } from "../../src/contracts/index.ts";
import { POLICY_TEXT, releaseFiles } from "../../src/gate/readiness/testing/release.ts";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";
import { realHost } from "../database/real-host.ts";
import { runsEvidence, SLO_POLICY } from "../slo.ts";
import { newFolder, runCli, type World } from "./run-cli.ts";
import { TEST_PACK } from "./test-pack.ts";

const COMMIT = "3f1d2c4b5a69788796a5b4c3d2e1f00112233445";

describe("the lineage of a pipeline's reports, and the gate that reads it", () => {
  const cwd = newFolder();
  const cli = (...argv: readonly string[]) => runCli(argv, { cwd });
  const words = ["policy.yaml", "--profile", "strict"];

  /** Writes a folder of reports as jobs made them, traces it, and has the gate decide on it with what was traced. */
  async function judged(folder: string, given: Parameters<typeof releaseFiles>[0]) {
    mkdirSync(join(cwd, folder));
    for (const [name, text] of Object.entries(releaseFiles(given)))
      if (!name.startsWith("R32")) writeFileSync(join(cwd, folder, name), text);
    const at = ["--at", "2026-07-20T09:30:00Z"];
    const built = await cli("lineage", "build", ...words, "--evidence", folder, ...at, "--out", folder);
    const verified = await cli("lineage", "verify", join(folder, "R32.json"));
    const decided = await cli("gate", "eval", ...words, "--evidence", folder, "--at", "2026-07-20T10:00:00Z", "--json");
    const { decision, checks } = JSON.parse(decided.stdout);
    const complete = checks.find(({ check_id }: { check_id: string }) => check_id === "release_lineage_complete");
    return { built, verified, decided, decision, complete };
  }

  beforeAll(() => writeFileSync(join(cwd, "policy.yaml"), POLICY_TEXT));

  test("LIN-02: reports that their own jobs made are traced whole, and the gate says go", async () => {
    const { built, verified, decided, decision, complete } = await judged("whole", {});

    expect(built).toMatchObject({ exit: 0 });
    expect(built.stdout).toContain("stage pre");
    expect(verified).toMatchObject({ exit: 0, stderr: "" });
    expect(decided.exit).toBe(0);
    expect([decision, complete.outcome]).toEqual(["go", "pass"]);
  });

  test("W38, LIN-03: a report that another job made is a missing edge, named, and the gate says no-go", async () => {
    const producer = { job_id: "smoke", run_id: "run-100" };
    const { built, verified, decided, decision, complete } = await judged("stray", { reports: { R29: { producer } } });

    expect(built.exit).toBe(4);
    expect(built.stdout).toContain("LC-03  nobody saw job.dx_metrics -produces-> artifact.R29");
    expect(verified.exit).toBe(4);
    expect(verified.stderr).toContain("RELEASE_LINEAGE_COMPLETE");
    expect(decided.exit).toBe(4);
    expect([decision, complete.outcome]).toEqual(["no-go", "fail"]);
  });

  test("LC-01, LC-02: a report that is not there and a job that is not there are named", async () => {
    const folder = "gaps";
    const { built, decision } = await judged(folder, { reports: { R01: null }, jobs: null });

    expect(built.exit).toBe(4);
    expect(built.stdout).toContain("LC-01  how the jobs ended cannot be read");
    expect(built.stdout).toContain("LC-02  artifact.R01 is not there");
    expect(decision).toBe("no-go");
  });

  test("LIN-04: a lineage that was touched after it was made ends with 8", async () => {
    const text = readFileSync(join(cwd, "whole", "R32.json"), "utf8");
    writeFileSync(join(cwd, "touched.json"), text.replace('"status": "passed"', '"status": "failed"'));

    const verified = await cli("lineage", "verify", "touched.json");

    expect(verified).toMatchObject({ exit: 8, stdout: "" });
    expect(verified.stderr).toContain("LINEAGE_CORRUPT");
  });
});

describe("the lineage of a bundle, from its record", () => {
  let fresh: FreshDatabase;
  let world: World & { readonly cwd: string };
  const cli = (...argv: readonly string[]) => runCli(argv, world);
  const place = (name: string) => join(world.cwd, name);
  const now = () => formatInstant(realHost.clock.now());
  const build = (file: string, label: string, ...more: readonly string[]) => {
    const words = ["--label", label, "--commit", COMMIT, "--policy", "slo.yaml", "--sign-with", "release.pem"];
    return cli("bundle", "build", "pack.yaml", ...words, "--out", file, "--json", ...more);
  };
  const evaluate = (root: string, evidence: string) =>
    cli("gate", "eval", "slo.yaml", "--evidence", evidence, "--at", now(), "--record", "--subject", root, "--json");

  beforeAll(async () => {
    fresh = await freshDatabase();
    world = { cwd: newFolder(), server: fresh.options };
    mkdirSync(place(".countermark"));
    writeFileSync(place("pack.yaml"), stringify(TEST_PACK, { aliasDuplicateObjects: false }));
    writeFileSync(place("slo.yaml"), SLO_POLICY);
    writeFileSync(place("runs.ndjson"), runsEvidence(true));
    // A report that says itself which commit it is about: another one.
    const report = { subject: { commit: "c0ffee" } };
    mkdirSync(place("stray"));
    writeFileSync(place("stray/report.json"), JSON.stringify(report));
    writeFileSync(place("stray/runs.ndjson"), runsEvidence(true));
    const key = await cli("bundle", "keygen", "--out", "release.pem", "--role", "release");
    writeFileSync(place(".countermark/trust.json"), key.stdout);
  });

  afterAll(() => fresh.drop());

  test("LIN-06: a candidate is traced to staging, asked why, drawn, told as events, and carried by its release", async () => {
    const candidate = JSON.parse((await build("a.bundle", "candidate")).stdout);
    await cli("promote", "a.bundle", "--to", "dev");
    await cli("env", "health", "dev", "good", "--reason", "golden suite passed");
    const unheard = await cli("lineage", "show", "a.bundle");
    const { evaluation } = JSON.parse((await evaluate(candidate.root_digest, "runs.ndjson")).stdout);
    const promoted = await cli("promote", candidate.bundle_id, "--to", "staging");
    const shown = await cli("lineage", "show", candidate.bundle_id, "--svg", "lineage.svg");
    const final = await cli("lineage", "show", candidate.root_digest, "--stage", "final", "--json");
    writeFileSync(place("final.json"), final.stdout);
    const why = await cli("lineage", "why", evaluation.evaluation_id, "--json");
    const impact = await cli("lineage", "impact", "input.policy.slo", "--of", "a.bundle", "--json");
    const events = await cli("lineage", "show", "final.json", "--openlineage");
    const difference = await cli("lineage", "diff", "final.json", "a.bundle");
    const nobody = await cli("lineage", "impact", "nobody", "--of", "final.json");

    expect(unheard.exit).toBe(4);
    expect(unheard.stdout).toContain("MISSING records decision.slo");
    expect(promoted).toMatchObject({ exit: 0 });
    expect(shown.exit).toBe(0);
    expect(shown.stdout).toContain("deployment.staging.1");
    expect(readFileSync(place("lineage.svg"), "utf8")).toContain("complete: every edge was seen");
    const ids = (text: string): readonly string[] => JSON.parse(text).nodes.map(({ id }: { id: string }) => id);
    expect(ids(why.stdout)).toEqual(
      expect.arrayContaining([
        `source.commit.${COMMIT}`,
        "job.import.slo",
        "artifact.slo.runs",
        "check.slo.correctness",
      ]),
    );
    expect(ids(impact.stdout)).toEqual(
      expect.arrayContaining(["check.slo.correctness", "decision.slo", "deployment.staging.1"]),
    );
    expect(
      events.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).eventType),
    ).toEqual(expect.arrayContaining(["START", "COMPLETE"]));
    expect(difference.stdout).toContain("+ deployment.staging.1");
    expect(nobody).toMatchObject({ exit: 2 });
    expect(nobody.stderr).toContain("LINEAGE_NODE_NOT_FOUND");

    const saved = await cli("packet", "save", evaluation.evaluation_id, "--out", "packet.html");
    const verified = await cli("packet", "verify", "packet.html");
    const decided = await cli("decide", "packet.html");
    expect(saved.exit).toBe(0);
    expect(readFileSync(place("packet.html"), "utf8")).toContain(
      '<svg xmlns="http://www.w3.org/2000/svg" class="lineage"',
    );
    expect(verified).toMatchObject({ exit: 0, stderr: "" });
    expect(decided.exit).toBe(0);
  });

  test("BND-03, BND-04, REL-02: a release carries its candidate's final lineage, evidence that it names and notes, or is refused", async () => {
    const lock = ["--lock", join(process.cwd(), "package-lock.json")];
    writeFileSync(
      place("notes.json"),
      JSON.stringify({ limitations: ["no gifts"], policy_changes: {}, replaces: null }),
    );
    const bare = await build("bare.bundle", "release", ...lock);
    const silent = await build("silent.bundle", "release", ...lock, "--lineage", "final.json");
    const stray = await build("stray.bundle", "release", ...lock, "--lineage", "final.json", "--evidence", "slo.yaml");
    const other = await build(
      "other.bundle",
      "release",
      ...lock,
      "--lineage",
      "final.json",
      "--commit",
      "0".repeat(40),
    );
    const told = ["--lineage", "final.json", "--notes", "notes.json"];
    const built = await build("r.bundle", "release", ...lock, ...told, "--evidence", "runs.ndjson");
    const first = await build("second.bundle", "release", ...lock, ...told, "--replaces", "r.bundle");
    const alone = await build("second.bundle", "release", ...lock, "--lineage", "final.json", "--replaces", "r.bundle");
    writeFileSync(place("altered.bundle"), readFileSync(place("r.bundle"), "utf8").replace("no gifts", "no pains"));
    const altered = await build("second.bundle", "release", ...lock, ...told, "--replaces", "altered.bundle");
    const verified = await cli("bundle", "verify", "r.bundle", "--trust", ".countermark/trust.json", "--json");
    const shown = await cli("bundle", "show", "r.bundle", "--json");
    const notes = [await cli("bundle", "notes", "r.bundle"), await cli("bundle", "notes", "a.bundle")];

    expect(notes.map(({ exit }) => exit)).toEqual([0, 8]);
    expect(notes[0]?.stdout).toContain("## Waived\n\nnothing");
    expect(notes[0]?.stdout).toContain("## Limitations\n\n- no gifts");
    expect([silent.exit, first.exit, alone.exit]).toEqual([8, 8, 2]);
    expect(silent.stderr).toContain("RELEASE_NOTES_COMPLETE");
    expect(first.stderr).toContain("a bundle that it replaces is given");
    expect(altered).toMatchObject({ exit: 8, stderr: expect.stringContaining("BUNDLE_CHECKSUM") });
    expect([bare.exit, stray.exit, other.exit]).toEqual([8, 8, 8]);
    expect(bare.stderr).toContain("a release carries the final lineage");
    expect(stray.stderr).toContain("`evidence/slo.yaml` is nothing that the lineage names");
    expect(other.stderr).toContain("BUNDLE_LINEAGE_MISMATCH");
    expect(built.stderr).toBe("");
    expect(verified).toMatchObject({ exit: 0 });
    const { lineage, evidence } = JSON.parse(shown.stdout);
    expect(lineage.digest).toBe(JSON.parse(readFileSync(place("final.json"), "utf8")).digest);
    expect(evidence).toEqual([{ path: "evidence/runs.ndjson", sha256: expect.any(String) }]);
  });

  test("PRM-03: a GO on newer evidence than a release carries does not let it through in the place of its own", async () => {
    const { root_digest } = JSON.parse((await cli("bundle", "show", "r.bundle", "--json")).stdout);
    mkdirSync(place("newer"));
    writeFileSync(place("newer/runs.ndjson"), `${runsEvidence(true)}\n`);
    await cli("promote", "r.bundle", "--to", "dev");
    await cli("env", "health", "dev", "good", "--reason", "looked at");
    const newer = await evaluate(root_digest, "newer");
    const refused = await cli("promote", "r.bundle", "--to", "staging");

    expect([newer.exit, refused.exit]).toEqual([0, 5]);
    expect(refused.stderr).toContain("was not evaluated about this bundle on the `runs.ndjson` that it carries");
  });

  test("LC-09, LIN-03: evidence about another commit lets nothing into prod though its gate says GO, and is named", async () => {
    const { bundle_id, root_digest } = JSON.parse((await cli("bundle", "show", "a.bundle", "--json")).stdout);
    await cli("env", "health", "staging", "good", "--reason", "a week went by");
    const stray = await evaluate(root_digest, "stray");
    const refused = await cli("promote", bundle_id, "--to", "prod");
    const shown = await cli("lineage", "show", bundle_id);
    await evaluate(root_digest, "runs.ndjson");
    const promoted = await cli("promote", bundle_id, "--to", "prod");

    expect(stray.exit).toBe(0);
    expect(refused).toMatchObject({ exit: 4, stdout: "" });
    expect(refused.stderr).toContain("RELEASE_LINEAGE_COMPLETE: the lineage is not complete");
    expect(refused.stderr).toContain("artifact.slo.report is about c0ffee");
    expect(shown.exit).toBe(4);
    expect(shown.stdout).toContain("LC-09  artifact.slo.report is about c0ffee");
    expect(promoted).toMatchObject({ exit: 0 });
  });
});
