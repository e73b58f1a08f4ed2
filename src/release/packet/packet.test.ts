import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assert, instant } from "../../contracts/index.ts";
import { DERIVATIONS, decisionMarkdown, evaluateFiles, parsePolicy } from "../../gate/index.ts";
import { type LineageNode, sealLineage } from "../lineage/model.ts";
import { factsOf, lineageAt } from "../lineage/testing/candidate.ts";
import { decideAgain, packetJson, parsePacket } from "./packet.ts";
import { documentIn, packetPage } from "./page.ts";
import { tracedPage } from "./traced.ts";

const POLICY = `
id: shop
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean } }
validity_seconds: 3600
groups: [{ id: quality, title: "Runs end <well>" }]
metrics: [{ id: correct, kind: ratio, from: run, good: $.good == true }]
gates: [{ id: rate, group: quality, metric: correct, limit: 0.9, remedy: "mend | it </script>" }]
`;
const DECIDED_AT = instant(Date.UTC(2026, 2, 9, 2));
const EVIDENCE = [0, 1, 2]
  .map((id) => JSON.stringify({ kind: "run", id: `<${id}>`, columns: { good: id > 0 } }))
  .join("\n");

function packetOf() {
  const policy = parsePolicy(POLICY);
  assert(policy.ok, "the policy is one");
  const evidence = [{ name: "runs.ndjson", text: EVIDENCE }];
  const waivers = null;
  const evaluated = evaluateFiles(
    { policy: policy.value, profile: null, files: evidence, decidedAt: DECIDED_AT, waivers },
    DERIVATIONS,
  );
  assert(evaluated.ok, "it is decided");
  return {
    policy: POLICY,
    profile: null,
    decidedAt: DECIDED_AT,
    evidence,
    waivers,
    decision: evaluated.value.decision,
  };
}

const PACKET = packetOf();
const PAGE = packetPage(PACKET.decision, packetJson(PACKET));

test("a packet's page holds its document, and the document decides again to the same digest", () => {
  const document = documentIn(PAGE);
  assert(document.ok, "there is a document in the page");
  const packet = parsePacket(document.value);
  assert(packet.ok, "the document is a packet");

  expect(packet.value).toEqual(PACKET);
  expect(decideAgain(packet.value)).toMatchObject({
    ok: true,
    value: { decision: { digest: PACKET.decision.digest, verdict: "NO-GO" } },
  });
  expect(documentIn(packetJson(PACKET))).toMatchObject({ value: packetJson(PACKET) });
});

test("nothing that evidence or policy says becomes markup", () => {
  const shown = PAGE.slice(0, PAGE.indexOf("<script"));

  expect(shown).toContain("Runs end &lt;well&gt;");
  expect(shown).toContain("&lt;0&gt;");
  expect(PAGE.match(/<\/script>/g)).toHaveLength(1);
  expect(decisionMarkdown(PACKET.decision)).toContain("Runs end \\<well\\>");
});

test.each([
  ["96/100", "0.9", "0.8"],
  ["999/1000", "0.995", "0.98"],
  ["1/1000", "0.004", "0"],
  ["1/2", null, "0"],
])("a proportion of %s is drawn on a line that leaves room for it, from %s", (value, bound, from) => {
  const gates = PACKET.decision.gates.map((row) => ({ ...row, value, bound, rule: `>= ${bound ?? "0.5"}` }));

  expect(packetPage({ ...PACKET.decision, gates }, "{}")).toContain(`text-anchor="end">${from}</text>`);
});

test("PACKET_CORRUPT: policy, evidence and instant changed after the fact are each found", () => {
  const changed = [
    { ...PACKET, policy: POLICY.replace("0.9", "0.6") },
    { ...PACKET, evidence: [{ name: "runs.ndjson", text: EVIDENCE.replace("false", "true") }] },
    { ...PACKET, decidedAt: instant(DECIDED_AT + 1000) },
    { ...PACKET, policy: "id: [" },
  ];

  for (const packet of changed) expect(decideAgain(packet)).toMatchObject({ refusal: { code: "PACKET_CORRUPT" } });
});

test("DECISION_CORRUPT: a decision that was edited is found, whatever was edited", () => {
  const edited = packetJson(PACKET).replace('"verdict":"NO-GO"', '"verdict":"GO"');

  expect(parsePacket(edited)).toMatchObject({ refusal: { code: "DECISION_CORRUPT" } });
});

test("no altered character of a packet's document passes for the packet", () => {
  const document = packetJson(PACKET);
  fc.assert(
    fc.property(fc.nat(document.length - 1), fc.constantFrom("0", "x", '"', " "), (at, mark) => {
      fc.pre(document[at] !== mark);
      const packet = parsePacket(document.slice(0, at) + mark + document.slice(at + 1));
      const again = packet.ok ? decideAgain(packet.value) : packet;
      // Layout of the policy is no part of what was decided.
      expect(again.ok && JSON.stringify(again.value.decision) !== JSON.stringify(PACKET.decision)).toBe(false);
    }),
  );
});

test.each(["", "{}", "<html></html>", '{"schema":"countermark.packet.v2"}'])("PACKET_CORRUPT: %s is none", (source) => {
  const document = documentIn(source);

  expect(document.ok ? parsePacket(document.value) : document).toMatchObject({ refusal: { code: "PACKET_CORRUPT" } });
});

describe("a packet with the lineage of its decision", () => {
  const lineage = lineageAt("final", factsOf());
  const mine = sealLineage({
    ...lineage,
    lineage: {
      ...lineage.lineage,
      nodes: lineage.lineage.nodes.map(
        (node): LineageNode =>
          node.id === "decision.slo" ? { ...node, report_digest: `sha256:${PACKET.decision.digest}` } : node,
      ),
    },
  });
  const page = tracedPage(PAGE, mine);

  test("shows it as a picture, and decides as it did without", () => {
    const document = documentIn(page);
    const packet = document.ok ? parsePacket(document.value) : document;
    assert(packet.ok, "the page holds a packet");

    expect(page).toContain('class="lineage"');
    expect(PAGE).not.toContain('class="lineage"');
    expect(packet.value.lineage?.digest).toBe(mine.digest);
    expect(decideAgain(packet.value)).toMatchObject({ value: { decision: { digest: PACKET.decision.digest } } });
    expect(page.match(/<\/script>/g)).toHaveLength(1);
  });

  test("PACKET_CORRUPT: of another decision, or altered, it is found", () => {
    const other = packetJson({ ...PACKET, lineage });
    const altered = packetJson({ ...PACKET, lineage: mine })
      .replace('"status":"missing"', '"status":"observed"')
      .replace('"stage":"final"', '"stage":"pre"');

    expect(parsePacket(other)).toMatchObject({ refusal: { code: "PACKET_CORRUPT" } });
    expect(parsePacket(altered)).toMatchObject({ refusal: { code: "PACKET_CORRUPT" } });
  });
});
