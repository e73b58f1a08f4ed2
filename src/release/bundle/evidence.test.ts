import { describe, expect, test } from "vitest";
import { fileDigest } from "../lineage/judged.ts";
import { type LineageNode, lineageText, sealLineage } from "../lineage/model.ts";
import { factsOf, lineageAt } from "../lineage/testing/candidate.ts";
import { type BundleInput, buildBundle } from "./build.ts";
import { bundleText, readBundle } from "./container.ts";
import { evidenceProblems } from "./evidence.ts";
import { readRemarks } from "./manifest.ts";
import { packageProblems } from "./package.ts";
import { builtOf, inputOf, NOW, REMARKS, ROSTER } from "./testing/shop.ts";
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
  inputOf({ label: "release", sbom: "{}", carried: whole, remarks: REMARKS, ...other });

test("BND-03: a release carries the final lineage and the evidence that this names, verified by their digests", () => {
  const built = builtOf(release());
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
  const built = builtOf(release());
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
  const { bytes } = builtOf(release());
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

test("REL-02: notes tell what a release cannot do, what changed in its policies and why, what it goes back to, what was rolled back", () => {
  const replaced = builtOf({ policies: [{ id: "slo", version: "0.9.0", digest: "b".repeat(64) }] }).manifest;
  const remarks = readRemarks(
    {
      limitations: ["no refunds above 500"],
      policy_changes: { slo: "the floor was never reached, and now is" },
      replaces: replaced.bundle_id,
      rolled_back: { bundle_id: "release-x", reason: "refunds failed" },
    },
    replaced,
  );
  const notesOf = (input: BundleInput) => {
    const bundle = readBundle(builtOf(input).bytes);
    return bundle.ok ? bundle.value.files.find(({ path }) => path === "RELEASE_NOTES.md")?.text : undefined;
  };

  const notes = notesOf(release(remarks.ok ? { remarks: remarks.value } : {}));
  const first = notesOf(release());

  for (const told of [
    "- no refunds above 500",
    `- slo from 0.9.0 (sha256:bbbbbbbbbbbb) to 1.0.0 (sha256:aaaaaaaaaaaa): the floor was never reached, and now is`,
    `- to ${replaced.bundle_id}, root sha256:${replaced.root_digest}`,
    "- release-x: refunds failed",
  ])
    expect(notes).toContain(told);
  expect(first).toContain("## Limitations\n\nnone is known");
  expect(first).toContain("nowhere: it is the first release");
});

describe("GATE-12, RELEASE_NOTES_COMPLETE: a release whose notes would keep something back is not built, and does not verify", () => {
  const replaces = {
    bundle_id: "release-x",
    root_digest: "0".repeat(64),
    policies: [
      { id: "slo", version: "0.9.0", digest: "b".repeat(64) },
      { id: "gone", version: "1.0.0", digest: "c".repeat(64) },
    ],
  };
  const { remarks: _, ...silent } = release();
  const reasons = { slo: "raised", gone: "slo says the same" };

  test.each<[string, BundleInput, string]>([
    ["nothing is said", silent, "nobody says what it cannot do"],
    [
      "a policy changed without a reason",
      release({ remarks: { ...REMARKS, replaces, policy_changes: { gone: reasons.gone } } }),
      "policy `slo` is another",
    ],
    [
      "a policy is gone without a reason",
      release({ remarks: { ...REMARKS, replaces, policy_changes: { slo: reasons.slo } } }),
      "policy `gone` is another",
    ],
    [
      "a change is told of that there is not",
      release({ remarks: { ...REMARKS, replaces, policy_changes: { ...reasons, other: "no" } } }),
      "a change of policy `other`",
    ],
  ])("%s", (_, input, message) => {
    expect(buildBundle(input)).toMatchObject({
      ok: false,
      refusal: { code: "RELEASE_NOTES_COMPLETE", message: expect.stringContaining(message) },
    });
  });

  test("a change of every policy with its reason is built", () => {
    expect(buildBundle(release({ remarks: { ...REMARKS, replaces, policy_changes: reasons } })).ok).toBe(true);
  });

  test("one that another program signed without remarks is found by the verification", () => {
    const { manifest, bytes } = builtOf(release());
    const { remarks: _, ...kept } = manifest;
    const bundle = readBundle(bytes);

    expect(bundle.ok ? evidenceProblems(kept, bundle.value.files) : []).toEqual([
      expect.objectContaining({ code: "RELEASE_NOTES_COMPLETE" }),
    ]);
  });

  test.each<[string, object, string]>([
    ["no word on limitations", { policy_changes: {}, replaces: null }, "limitations: "],
    ["an empty limitation", { limitations: [" "], policy_changes: {}, replaces: null }, "$.limitations[0]"],
    ["no word on what it replaces", { limitations: [], policy_changes: {} }, "replaces: "],
    ["another bundle's id", { limitations: [], policy_changes: {}, replaces: "release-y" }, "another bundle is given"],
    ["a first release beside a bundle", { limitations: [], policy_changes: {}, replaces: null }, "is null"],
  ])("%s", (_, document, message) => {
    const refusal = { code: "RELEASE_NOTES_COMPLETE", message: expect.stringContaining(message) };

    expect(readRemarks(document, builtOf().manifest)).toMatchObject({ ok: false, refusal });
  });
});

describe("REL-01: a release that was decided on a pipeline's reports carries these, how they came about, and the decision", () => {
  const file = (text: string) => ({ digest: fileDigest(text), file_sha256: fileDigest(text) });
  const nodes: readonly LineageNode[] = [
    { id: "input.config.context", type: "input", path: "context.json", ...file('{"a":1}') },
    {
      id: "artifact.R30",
      type: "artifact",
      path: "R30.json",
      ...file('{"b":2}'),
      contract: "c",
      status: "passed",
      run_id: "1",
    },
  ];
  const [feeder] = FACTS.final.claims.filter(
    ({ relation, target }) => relation === "feeds" && target === "check.slo.speed",
  );
  const claims = nodes.flatMap(({ id, digest }) =>
    feeder === undefined ? [] : [{ ...feeder, source: id, stated: { ...feeder.stated, digest: String(digest) } }],
  );
  const lineage = lineageAt("final", {
    ...FACTS,
    final: {
      ...FACTS.final,
      nodes: [...FACTS.final.nodes, ...nodes],
      claims: [...FACTS.final.claims, ...claims],
      stored: { ...FACTS.final.stored, ...Object.fromEntries(nodes.map(({ id, digest }) => [id, String(digest)])) },
    },
  });
  const files = [
    { name: "context.json", text: '{"a":1}' },
    { name: "R30.json", text: '{"b":2}' },
  ] as const;
  const whole = lineage.lineage.nodes.flatMap((node) => [node.file_sha256 ?? node.report_digest ?? []].flat());
  const lacking = (digest: string) => {
    const carried = new Set(whole.filter((one) => one !== digest));
    return packageProblems(lineage, carried).map(({ code, message }) => `${code}: ${message}`);
  };

  test("what is not carried is named, each by itself; with all of it nothing is lacking", () => {
    const decision = lineage.lineage.nodes.find(({ id }) => id === "decision.slo");
    const said = "BUNDLE_MISSING_EVIDENCE: the release does not carry";

    expect(lacking(fileDigest(files[0].text))).toEqual([`${said} \`context.json\``]);
    expect(lacking(fileDigest(files[1].text))).toEqual([`${said} \`R30.json\``]);
    expect(lacking(String(decision?.report_digest))).toEqual([`${said} the decision decision.slo`]);
    expect(lacking("")).toEqual([]);
  });

  test("such a release is not built; a candidate may be", () => {
    const builtAs = (label: BundleInput["label"]) =>
      buildBundle(release({ label, carried: { lineage: lineageText(lineage), evidence: files } }));

    expect(builtAs("release")).toMatchObject({
      ok: false,
      refusal: { message: expect.stringContaining("decision.slo") },
    });
    expect(builtAs("candidate").ok).toBe(true);
  });
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
  const { bytes } = builtOf(release());
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
