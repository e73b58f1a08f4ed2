import { expect, test } from "vitest";
import { assert, type JsonObject } from "../../contracts/index.ts";
import { DERIVATIONS, evaluateFiles, parsePolicy, type Waiver } from "../../gate/index.ts";
import { NOW } from "../bundle/testing/shop.ts";
import { NOBODY } from "../bundle/trust.ts";
import { fileOf } from "../waiver/offered.ts";
import { approvers, asked, BY_ANN, signedBy } from "../waiver/testing/signed.ts";
import { decideAgain, packetJson, parsePacket } from "./packet.ts";
import { untrustedIn } from "./trusted.ts";

const POLICY = `
id: slo
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean } }
validity_seconds: 3600
metrics: [{ id: correct, kind: ratio, from: run, good: $.good == true }]
gates: [{ id: trend, metric: correct, limit: 0.95, severity: high, waivable: true, remedy: mend it }]
waivers: { approvals: 1, ttl_seconds: 1209600, consecutive_max: 2, waived_seconds_max: 2592000, waived_seconds_within: 7776000 }
profiles: { only: { budget: { waived: 1 }, conditions: waived_only } }
`;

const EVIDENCE = Array.from({ length: 10 }, (_, id) =>
  JSON.stringify({ kind: "run", id: `${id}`, columns: { good: id > 0 } }),
).join("\n");

/** A packet of a decision on nine good runs of ten, offered one waiver; written and read again. */
function packetWith(waiver: (policyDigest: string) => Waiver) {
  const policy = parsePolicy(POLICY);
  assert(policy.ok, "the policy is one");
  const files = [{ name: "runs.ndjson", text: EVIDENCE }];
  const place = { branch: null, environment: null, commit: null, bundle_digest: null };
  const source = JSON.stringify(fileOf([waiver(policy.value.digest)]));
  const waivers = { source, roster: { ann: ["operator"] }, place, history: [] };
  const input = { policy: policy.value, profile: null, files, decidedAt: NOW, waivers };
  const evaluated = evaluateFiles(input, DERIVATIONS);
  assert(evaluated.ok, "it is decided");
  const { decision } = evaluated.value;
  const made = { policy: POLICY, profile: null, decidedAt: NOW, evidence: files, waivers, decision };
  const packet = parsePacket(packetJson(made));
  assert(packet.ok, "the packet can be read");
  return packet.value;
}

const waiverFor = (digest: string, change: JsonObject = {}): Waiver =>
  asked({
    policy: { id: "slo", version: "1.0.0", digest },
    scope: { branches: [], environments: ["dev"], profiles: ["only"] },
    ...change,
  });

test("a packet that rests on a signed waiver comes to the same anywhere, and stands by the roster that trusts its approver", () => {
  const packet = packetWith((digest) => signedBy(waiverFor(digest), BY_ANN));

  expect(packet.decision).toMatchObject({ verdict: "GO", conditions: ["trend"] });
  expect(decideAgain(packet)).toMatchObject({ ok: true, value: { decision: packet.decision } });
  expect(untrustedIn(packet, { roster: approvers(), at: NOW })).toBeNull();
});

test("BUNDLE_UNTRUSTED_KEY by a roster that does not know the approver, or where nobody signed, it does not stand", () => {
  const signed = packetWith((digest) => signedBy(waiverFor(digest), BY_ANN));
  const unsigned = packetWith((digest) =>
    waiverFor(digest, {
      approvals: [{ approver: "ann", role: "operator", approved_at: "2026-01-30T11:30:00Z", method: "mail" }],
    }),
  );
  const untrusted = { code: "BUNDLE_UNTRUSTED_KEY", message: expect.stringContaining("waiver W-2026-0001: ") };

  expect(unsigned.decision.verdict).toBe("GO");
  expect(untrustedIn(signed, { roster: NOBODY, at: NOW })).toMatchObject(untrusted);
  expect(untrustedIn(unsigned, { roster: approvers(), at: NOW })).toMatchObject(untrusted);
});

test("a waiver that was rejected carries nothing, so whoever signed it does not matter", () => {
  const packet = packetWith((digest) => signedBy(waiverFor(digest, { measured_value: "19/20" }), BY_ANN));

  expect(packet.decision).toMatchObject({
    verdict: "NO-GO",
    waivers: { rejected: [{ code: "measurement_worsened" }] },
  });
  expect(untrustedIn(packet, { roster: NOBODY, at: NOW })).toBeNull();
});
