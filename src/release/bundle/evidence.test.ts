import { describe, expect, test } from "vitest";
import { lineageText, sealLineage } from "../lineage/model.ts";
import { factsOf, lineageAt } from "../lineage/testing/candidate.ts";
import { type BundleInput, buildBundle } from "./build.ts";
import { bundleText, readBundle } from "./container.ts";
import { evidenceProblems } from "./evidence.ts";
import { builtOf, inputOf, NOW, ROSTER } from "./testing/shop.ts";
import { verifyBundle } from "./verify.ts";

const FACTS = factsOf();
const FINAL = lineageAt("final", FACTS);
const EVIDENCE = { name: "runs.ndjson", text: runsText() };
const whole = { lineage: lineageText(FINAL), evidence: [EVIDENCE] };

function runsText(): string {
  return ["a", "b", "c", "d"]
    .map((id) => JSON.stringify({ kind: "run", id, columns: { good: id !== "a" } }))
    .join("\n");
}

const release = (other: Partial<BundleInput> = {}) =>
  inputOf({ label: "release", sbom: "{}", carried: whole, ...other });

test("BND-03: a release carries the final lineage and the evidence that this names, verified by their digests", () => {
  const built = builtOf({ label: "release", sbom: "{}", carried: whole });
  const { report } = verifyBundle(built.bytes, { roster: ROSTER, at: NOW });

  expect(report.errors).toEqual([]);
  expect(built.manifest.lineage).toEqual({
    contract: "release_lineage_v2",
    schema_version: "2.0",
    path: "evidence/lineage.json",
    digest: FINAL.digest,
  });
  expect(built.manifest.evidence.map(({ path }) => path)).toEqual(["evidence/runs.ndjson"]);
});

test("EXC-02: a bundle's manifest lists what was waived in the decisions that it was built on, and lists nothing else", () => {
  const built = builtOf({ label: "release", sbom: "{}", carried: whole });
  const bundle = readBundle(built.bytes);
  const silent = { ...built.manifest, waivers: [] };
  const codes = bundle.ok ? evidenceProblems(silent, bundle.value.files).map(({ code }) => code) : [];

  expect(built.manifest.waivers).toEqual([
    {
      waiver_id: "W-2026-0001",
      check_id: "slo.correctness",
      reason: expect.stringMatching(/.{20}/),
      approved_by: ["olga"],
      expires_at: expect.any(String),
    },
  ]);
  expect(builtOf().manifest.waivers).toEqual([]);
  expect(codes).toEqual(["BUNDLE_LINEAGE_MISMATCH"]);
  expect(
    evidenceProblems({ ...builtOf().manifest, waivers: built.manifest.waivers }, []).map(({ code }) => code),
  ).toEqual(["BUNDLE_LINEAGE_MISMATCH"]);
});

test("REL-02: a bundle with a lineage has notes that tell what was decided, waived and vouched for; others do not verify", () => {
  const { bytes } = builtOf({ label: "release", sbom: "{}", carried: whole });
  const bundle = readBundle(bytes);
  const notes = bundle.ok ? bundle.value.files.find(({ path }) => path === "RELEASE_NOTES.md")?.text : undefined;
  const silent = (text: string | null) => {
    if (!bundle.ok) return [];
    const others = bundle.value.files.filter(({ path }) => path !== "RELEASE_NOTES.md");
    const files = text === null ? others : [...others, { path: "RELEASE_NOTES.md", text }];
    const said = bundleText({ ...bundle.value, files });
    return verifyBundle(Buffer.from(said), { roster: ROSTER, at: NOW }).report.errors.map(({ message }) => message);
  };

  for (const told of [
    "# shop 1.0.0",
    FINAL.digest,
    "decision.slo: conditional-go",
    "slo.correctness by W-2026-0001 until",
    "olga",
  ])
    expect(notes).toContain(told);
  for (const text of ["# shop 1.0.0\n", null])
    expect(silent(text)).toContain("the release notes are not what is to be told of this bundle");
  expect(builtOf().manifest.files.some(({ path }) => path === "RELEASE_NOTES.md")).toBe(false);
});

describe("BND-04, LIN-03: a release is not built", () => {
  const missing = {
    ...FACTS,
    final: { ...FACTS.final, claims: FACTS.final.claims.filter(({ relation }) => relation !== "produces") },
  };
  const otherPack = sealLineage({
    ...FINAL,
    lineage: {
      ...FINAL.lineage,
      nodes: FINAL.lineage.nodes.map((node) =>
        node.id === "input.pack.shop" ? { ...node, digest: "sha256:0" } : node,
      ),
    },
  });

  const against = sealLineage({
    ...FINAL,
    lineage: {
      ...FINAL.lineage,
      nodes: FINAL.lineage.nodes.map((node) => (node.kind === "gate" ? { ...node, value: "no-go" } : node)),
    },
  });

  test.each<[string, Partial<BundleInput>, string, string]>([
    [
      "of what a gate says no-go to",
      { carried: { ...whole, lineage: lineageText(against) } },
      "RELEASE_GATE_ALLOWS_PROMOTION",
      "decision.slo says no-go",
    ],
    [
      "without a lineage",
      { carried: { lineage: null, evidence: [] } },
      "BUNDLE_MISSING_EVIDENCE",
      "a release carries the final lineage",
    ],
    [
      "as a hotfix without one",
      { label: "hotfix", carried: { lineage: null, evidence: [] } },
      "BUNDLE_MISSING_EVIDENCE",
      "a hotfix",
    ],
    [
      "with one that lacks an edge",
      { carried: { ...whole, lineage: lineageText(lineageAt("final", missing)) } },
      "BUNDLE_LINEAGE_MISMATCH",
      "nobody saw job.import.slo -produces-> artifact.slo.proof",
    ],
    [
      "with one from before the decision",
      { carried: { ...whole, lineage: lineageText(lineageAt("pre", FACTS)) } },
      "BUNDLE_LINEAGE_MISMATCH",
      "of stage pre",
    ],
    [
      "with one of another commit",
      { source: { commit: "0".repeat(40), dirty: false } },
      "BUNDLE_LINEAGE_MISMATCH",
      "is about commit",
    ],
    [
      "with one of another pack",
      { carried: { ...whole, lineage: lineageText(otherPack) } },
      "BUNDLE_LINEAGE_MISMATCH",
      "another pack",
    ],
    [
      "with what is no lineage",
      { carried: { ...whole, lineage: "{}" } },
      "BUNDLE_LINEAGE_MISMATCH",
      "this is no lineage",
    ],
    [
      "with evidence that nothing names",
      { carried: { ...whole, evidence: [{ name: "x.json", text: "{}" }] } },
      "BUNDLE_LINEAGE_MISMATCH",
      "`evidence/x.json` is nothing",
    ],
  ])("%s", (_, other, code, told) => {
    expect(buildBundle(release(other))).toMatchObject({
      ok: false,
      refusal: { code, message: expect.stringContaining(told) },
    });
  });
});

test("a candidate may go without a lineage, and one that it carries may say that something is missing", () => {
  const incomplete = lineageText(sealLineage({ ...FINAL, status: "failed" }));

  expect(buildBundle(inputOf()).ok).toBe(true);
  expect(buildBundle(inputOf({ carried: { lineage: incomplete, evidence: [] } })).ok).toBe(true);
});

test("evidence that is missing from a bundle, or altered in it, is found", () => {
  const { bytes } = builtOf({ label: "release", sbom: "{}", carried: whole });
  const bundle = readBundle(bytes);
  const changed = (change: (path: string, text: string) => string | null) => {
    if (!bundle.ok) return [];
    const files = bundle.value.files.flatMap(({ path, text }) => {
      const next = change(path, text);
      return next === null ? [] : [{ path, text: next }];
    });
    const text = bundleText({ ...bundle.value, files });
    return verifyBundle(Buffer.from(text), { roster: ROSTER, at: NOW }).report.errors.map(({ code }) => code);
  };

  expect(changed((path, text) => (path === "evidence/runs.ndjson" ? null : text))).toEqual(
    expect.arrayContaining(["BUNDLE_MISSING_FILE", "BUNDLE_MISSING_EVIDENCE"]),
  );
  expect(changed((path, text) => (path === "evidence/lineage.json" ? null : text))).toContain(
    "BUNDLE_MISSING_EVIDENCE",
  );
  expect(changed((path, text) => (path === "evidence/runs.ndjson" ? text.replace("true", "false") : text))).toEqual(
    expect.arrayContaining(["BUNDLE_CHECKSUM", "BUNDLE_MISSING_EVIDENCE"]),
  );
});
