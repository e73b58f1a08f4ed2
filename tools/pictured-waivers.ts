import { addKey, type Installation } from "../src/api/index.ts";
import { type DemoClient, demoClient } from "../src/cli/demo/client.ts";
import { memberOf } from "../src/cli/demo/release-steps.ts";
import { textOf } from "../src/cli/demo/scenario.ts";
import { accepted, after, assert, formatInstant, type Host, isJsonObject } from "../src/contracts/index.ts";
import { entryOf } from "../src/gate/index.ts";
import {
  newSigningKey,
  publicKeyOf,
  readRoster,
  readSigningKey,
  type SigningKey,
  signApproval,
  termsOf,
} from "../src/release/index.ts";

/** Two gates that a version of the shop misses, and that may be missed for a while. */
const POLICY = `id: shop-quality
version: 1.0.0
title: What a version of the shop shows before it is sold with
engine: 1
derive: { fn: units, version: 1 }
rows: { test: { job: string, passed: boolean } }
sources: [tests]
validity_seconds: 86400
metrics:
  - { id: nightly, kind: ratio, from: test, where: $.job == "nightly", good: $.passed == true }
  - { id: examples, kind: ratio, from: test, where: $.job == "examples", good: $.passed == true }
gates:
  - { id: nightly, title: the nightly tests pass, metric: nightly, limit: 0.95, severity: high, waivable: true, remedy: mend what fails }
  - { id: examples, title: the examples run, metric: examples, limit: 0.9, severity: high, waivable: true, remedy: mend the examples }
waivers: { approvals: 1, ttl_seconds: 1209600, consecutive_max: 1, waived_seconds_max: 2592000, waived_seconds_within: 7776000 }
profiles: { standard: { budget: { waived: 2 }, conditions: waived_only } }
`;

/** So many tests of each job, of which so many pass. */
const EVIDENCE = [
  { job: "nightly", all: 40, passed: 37 },
  { job: "examples", all: 12, passed: 10 },
]
  .flatMap(({ job, all, passed }) =>
    Array.from({ length: all }, (_, at) => ({
      kind: "test",
      id: `${job}-${at + 1}`,
      columns: { job, passed: at < passed },
    })),
  )
  .map((unit) => JSON.stringify(unit))
  .join("\n");

const DAY_MS = 86_400_000;
const APPROVER = "ann";

export function approverKey({ random }: Pick<Host, "random">): SigningKey {
  const key = readSigningKey(newSigningKey(random));
  assert(key.ok, "a new key is one");
  return key.value;
}

/** An installation that takes the approver's signature too. */
export function trusting(installation: Installation, key: SigningKey): Installation {
  const now = installation.host.clock.now();
  const entry = {
    keyid: key.keyId,
    public_key: publicKeyOf(key),
    roles: ["approver"],
    principal: APPROVER,
    approves_as: ["operator"],
    valid_from: formatInstant(after(now, -DAY_MS)),
    valid_until: formatInstant(after(now, DAY_MS)),
  };
  const approver = readRoster({ keys: [entry] });
  assert(approver.ok, "a roster of one key is one");
  const readTrust: Installation["readTrust"] = async () => {
    const known = await installation.readTrust();
    return known.ok ? accepted({ keys: [...known.value.keys, ...approver.value.keys] }) : known;
  };
  return { ...installation, readTrust };
}

export interface WaiverScene {
  readonly installation: Installation;
  readonly tenantId: string;
  readonly origin: string;
  /** Whose it is that asks. */
  readonly asks: DemoClient;
  readonly key: SigningKey;
}

/** One waiver in force, one that was taken back and one that waits; the decision that rests on the first. */
export async function playWaivers(scene: WaiverScene): Promise<string> {
  const { asks } = scene;
  const stopped = await evaluated(asks);
  const inForce = await requested(scene, stopped, {
    gate: "nightly",
    reason: "one runner fails, and is replaced on Monday",
  });
  await approve(scene, inForce);
  const mistaken = await requested(scene, stopped, {
    gate: "examples",
    reason: "the examples fail for the same reason",
  });
  await asks.post(`/v1/waivers/${mistaken}/revoke`, { reason: "they fail for another" });
  await requested(scene, stopped, { gate: "examples", reason: "two examples ask a service that has moved" });
  return evaluated(asks);
}

async function evaluated(asks: DemoClient): Promise<string> {
  const evidence = [{ name: "tests.ndjson", text: EVIDENCE }];
  const made = await asks.post("/v1/gates/evaluations", {
    policy: POLICY,
    subject: "shop 2.4.0",
    profile: "standard",
    evidence,
  });
  return textOf(memberOf(made, "evaluation"), "evaluation_id");
}

/** The id of a waiver that is asked for because of a decision. */
async function requested(
  { asks, installation }: WaiverScene,
  evaluation: string,
  about: { readonly gate: string; readonly reason: string },
): Promise<string> {
  const expires_at = formatInstant(after(installation.host.clock.now(), 7 * DAY_MS));
  const remediation = { issue_ref: "#17", owner: "dave", due_at: expires_at };
  const scope = { environments: ["staging"] };
  return textOf(await asks.post("/v1/waivers", { ...about, evaluation, remediation, scope, expires_at }), "waiver_id");
}

async function approve({ installation, tenantId, origin, asks, key }: WaiverScene, waiverId: string): Promise<void> {
  const { clock } = installation.host;
  const person = { tenantId, principalId: APPROVER, kind: "person", role: "approver", by: "demo" } as const;
  const approver = demoClient({ fetch, origin, key: (await addKey(installation, person)).key, clock });
  const terms = memberOf(await asks.get(`/v1/waivers/${waiverId}`), "waiver");
  const entry = entryOf(isJsonObject(terms) ? { ...terms, approvals: [] } : terms, 0);
  assert(entry.ok, "what is shown is a waiver");
  const approved_at = formatInstant(clock.now());
  const statement = { waiver: termsOf(entry.waiver), approver: APPROVER, role: "operator", approved_at };
  const { signatures, ...signed } = signApproval(statement, key);
  await approver.post(`/v1/waivers/${waiverId}/approve`, { envelope: { ...signed, signatures: [...signatures] } });
}
