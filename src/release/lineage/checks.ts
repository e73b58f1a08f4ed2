import { excludes, type GateText } from "../../gate/index.ts";
import { type Claim, requiredBy } from "./facts.ts";
import {
  artifactId,
  checkId,
  type Decided,
  decisionId,
  fileDigest,
  isOwn,
  type Judged,
  jobId,
  objectIn,
  packetId,
  policyId,
  type Traces,
  textIn,
} from "./judged.ts";
import { type LineageNode, sha256 } from "./model.ts";

/** What a policy's checks can be fed by: nodes by the name of the source that gates ask for, and those that no gate names. */
export interface Food {
  readonly bySource: ReadonlyMap<string, LineageNode>;
  readonly others: readonly LineageNode[];
  readonly jobs: ReadonlyMap<string, LineageNode>;
  /** The waiver file, where a row is about that rather than about a gate. */
  readonly waivers: readonly LineageNode[];
  /** Digests of what there is, computed again, by node. */
  readonly stored: ReadonlyMap<string, string>;
}

const CLASS = "policy";

/** The checks that a policy will make of what is there: the gates that its profile does not leave out. */
export function plannedChecks(judged: Judged, food: Food, required: readonly string[]): Traces {
  const { text, digest } = judged.policy;
  const excluded = judged.profile === null ? [] : (text.profiles[judged.profile]?.excluded ?? []);
  const planned = text.gates.filter(
    ({ id, needs = [] }) =>
      !excluded.some((entry) => excludes(entry, id)) &&
      !needs.some(isOwn) &&
      needs.every((source) => food.bySource.has(source) || required.includes(source) || !isReport(source)),
  );
  return tracesOf(
    judged,
    food,
    planned.map((gate) => ({
      gate,
      node: {
        id: checkId(judged, gate.id),
        type: "check",
        check_id: gate.id,
        outcome: "planned",
        severity: severityOf(gate),
        class: gate.group ?? CLASS,
      },
      isFed: true,
      policyDigest: digest,
    })),
  );
}

const isReport = (source: string): boolean => /^R\d\d(?:-|$)/.test(source);

/** A severity by status is written as the gravest. */
function severityOf({ severity }: GateText): string {
  if (severity === undefined) return "critical";
  return typeof severity === "string" ? severity : severity.FAIL;
}

/** The checks that a decision made, each with what it came to, and the decision that they drive. */
export function decidedChecks(judged: Judged, food: Food, decided: Decided): Traces {
  const { decision, isDecidedAgain } = decided;
  const gates = new Map(judged.policy.text.gates.map((gate) => [gate.id, gate]));
  const rows = decision.gates.flatMap((row) => {
    const gate = gates.get(row.id) ?? gates.get(row.id.split(":")[0] ?? "") ?? null;
    return gate?.needs?.some(isOwn) === true ? [] : [{ row, gate }];
  });
  const file = rows.some(({ gate }) => gate === null) ? waiverFile(judged, decided) : [];
  const checks = tracesOf(
    judged,
    {
      ...food,
      waivers: file,
      stored: new Map([...food.stored, ...file.map(({ id, digest }) => [id, String(digest)] as const)]),
    },
    rows.map(({ row, gate }) => ({
      gate,
      node: {
        id: checkId(judged, row.id),
        type: "check",
        check_id: row.id,
        outcome: OUTCOMES[row.standing] ?? (row.status === "PASS" ? "pass" : "fail"),
        severity: row.severity ?? "info",
        class: row.group ?? CLASS,
      },
      isFed: isDecidedAgain,
      policyDigest: decision.policy.digest,
    })),
  );
  const drives = checks.nodes.map(({ id, check_id, outcome }): Claim => {
    const row = decision.gates.find((one) => one.id === check_id);
    return {
      source: id,
      target: decisionId(judged),
      relation: "drives",
      stated:
        row === undefined ? {} : { check_id: row.id, outcome: String(outcome), report_digest: sha256(decision.digest) },
      evidence: { digest: sha256(decision.digest) },
    };
  });
  const required = checks.nodes
    .filter(({ outcome }) => outcome !== "not_applicable")
    .map(({ id }) => ({ source: id, target: decisionId(judged), relation: "drives" as const }));
  return {
    nodes: [
      ...checks.nodes,
      ...file,
      decisionOf(judged, decided),
      ...exceptionNodes(judged, decided),
      packetOf(judged, decided),
    ],
    claims: [...checks.claims, ...drives, recordsOf(judged, decided), ...exceptionClaims(judged, decided)],
    required: [
      ...checks.required,
      ...required,
      { source: decisionId(judged), target: packetId(judged), relation: "records" },
      ...requiredBy(exceptionClaims(judged, decided)),
    ],
    stored: [[packetId(judged), sha256(decided.packet.stored)]],
  };
}

const OUTCOMES: { readonly [standing: string]: string | undefined } = {
  waived: "waived",
  excused: "allowed_unverified",
  excluded: "not_applicable",
};

interface Checked {
  /** Null for a row that is about an entry of the waiver file. */
  readonly gate: GateText | null;
  readonly node: LineageNode;
  /** Whether it is known that what is there fed it. */
  readonly isFed: boolean;
  readonly policyDigest: string;
}

function tracesOf(judged: Judged, food: Food, checked: readonly Checked[]): Traces {
  const governor = policyId(judged);
  const fed = checked.flatMap(({ gate, node, isFed }) => fedBy(judged, food, gate, node, isFed));
  const applying = new Set(checked.filter(({ node }) => node.outcome !== "not_applicable").map(({ node }) => node.id));
  return {
    nodes: checked.map(({ node }) => node),
    claims: [
      ...fed,
      ...checked.map(
        ({ node, policyDigest }): Claim => ({
          source: governor,
          target: node.id,
          relation: "governs",
          stated: { digest: sha256(policyDigest) },
          evidence: { digest: sha256(policyDigest) },
        }),
      ),
    ],
    required: requiredBy([
      ...fed.filter(({ target }) => applying.has(target)),
      ...[...applying].map((target) => ({ source: governor, target, relation: "governs" as const })),
    ]),
    stored: [],
  };
}

/** What feeds a check: the sources that its gate asks for; where it asks for none, the job it is about, or what no gate names. */
function fedBy(
  judged: Judged,
  food: Food,
  gate: GateText | null,
  check: LineageNode,
  isFed: boolean,
): readonly Claim[] {
  return feeders(judged, food, gate, check).map((source): Claim => {
    const digest = food.stored.get(source);
    return {
      source,
      target: check.id,
      relation: "feeds",
      stated: isFed && digest !== undefined ? { digest } : {},
      evidence: isFed && digest !== undefined ? { digest } : {},
    };
  });
}

function feeders(judged: Judged, food: Food, gate: GateText | null, check: LineageNode): readonly string[] {
  if (gate === null) return food.waivers.map(({ id }) => id);
  const needs = (gate.needs ?? []).filter((source) => food.bySource.has(source) || isReport(source));
  if (needs.length > 0) return needs.map((source) => food.bySource.get(source)?.id ?? artifactId(judged, source));
  const [name, subject] = String(check.check_id).split(":");
  if (name === "job_result") {
    const jobs = subject === undefined ? [...food.jobs.keys()] : [subject];
    return jobs.map((job) => food.jobs.get(job)?.id ?? jobId(judged, job));
  }
  const rest = food.others.length > 0 ? food.others : [...food.bySource.values()];
  return rest.map(({ id }) => id);
}

/** The waiver file that was offered, as it is in the packet. */
const waiverFile = ({ scope }: Judged, { waivers }: Decided): readonly LineageNode[] =>
  waivers === null ? [] : [{ id: `input.waiver_file.${scope}waivers`, type: "input", digest: fileDigest(waivers) }];

function decisionOf(judged: Judged, { decision }: Decided): LineageNode {
  const { verdict, conditions, digest, decided_at, profile } = decision;
  const value = verdict === "NO-GO" ? "no-go" : conditions.length > 0 ? "conditional-go" : "go";
  return {
    id: decisionId(judged),
    type: "decision",
    kind: "gate",
    contract: decision.schema,
    policy: `${decision.policy.id} ${decision.policy.version}`,
    profile,
    value,
    status: value === "go" ? "passed" : "failed",
    report_digest: sha256(digest),
    decided_at,
  };
}

const packetOf = (judged: Judged, { packet, evaluationId }: Decided): LineageNode => ({
  id: packetId(judged),
  type: "artifact",
  path: `packets/${judged.name}.html`,
  digest: sha256(packet.stored),
  file_sha256: sha256(packet.stored),
  contract: "countermark.packet.v1",
  status: "passed",
  run_id: evaluationId,
});

const recordsOf = (judged: Judged, { packet }: Decided): Claim => ({
  source: decisionId(judged),
  target: packetId(judged),
  relation: "records",
  stated: { digest: sha256(packet.recorded) },
  evidence: { digest: sha256(packet.recorded) },
});

const waiverId = (waiver: string): string => `waiver.${waiver}`;

/** Waivers that were applied, and proof by a person in place of a check. */
function exceptionNodes(judged: Judged, decided: Decided): readonly LineageNode[] {
  const { applied } = decided.decision.waivers;
  const once = new Map(applied.map((one) => [one.waiver, one]));
  const file = decided.waivers === null ? null : fileDigest(decided.waivers);
  return [
    ...[...once.values()].map(
      ({ waiver, expires_at, reason, approved_by }): LineageNode => ({
        id: waiverId(waiver),
        type: "waiver",
        digest: file,
        expires_at,
        reason,
        approved_by,
      }),
    ),
    ...proofs(judged, decided).map(({ node }) => node),
  ];
}

function exceptionClaims(judged: Judged, decided: Decided): readonly Claim[] {
  const { applied, digest } = decided.decision.waivers;
  const stated = digest === null ? {} : { digest: sha256(digest) };
  return [
    ...applied.map(
      ({ waiver, gate }): Claim => ({
        source: waiverId(waiver),
        target: checkId(judged, gate),
        relation: "waives",
        stated: { ...stated, check_id: gate },
        evidence: stated,
      }),
    ),
    ...proofs(judged, decided).flatMap(({ claims }) => claims),
  ];
}

interface Proof {
  readonly node: LineageNode;
  readonly claims: readonly Claim[];
}

/** For each row that another one excuses: the file with which somebody vouched, where the excusing row passed. */
function proofs(judged: Judged, { decision, recordedBy }: Decided): readonly Proof[] {
  const excused = decision.gates.filter(({ standing }) => standing === "excused");
  const byProof = new Map<string, Claim[]>();
  const nodes = new Map<string, LineageNode>();
  for (const row of excused) {
    const gate = judged.policy.text.gates.find(({ id }) => id === row.id.split(":")[0]);
    const excusing = decision.gates.find(({ id }) => id === gate?.excused_by?.gate);
    const { name, sha256: digest, reviewer } = vouchedBy(judged, decision.evidence.digest, recordedBy);
    const id = `evidence.${judged.scope}${name}`;
    nodes.set(id, { id, type: "evidence", sha256: digest, reviewer });
    const stated = excusing?.status === "PASS" ? { digest } : {};
    const claim: Claim = { source: id, target: checkId(judged, row.id), relation: "attests", stated, evidence: stated };
    byProof.set(id, [...(byProof.get(id) ?? []), claim]);
  }
  return [...nodes].map(([id, node]) => ({ node, claims: byProof.get(id) ?? [] }));
}

/** The file of a person's proof: the manual evidence of a pipeline, an override; else all of the evidence, by who recorded it. */
function vouchedBy({ files }: Judged, evidence: string, recordedBy: string) {
  const file = files.find(({ name }) => name === "R23.json" || name === "override.json");
  const body = file === undefined ? undefined : objectIn(file.text);
  if (file === undefined || body === undefined)
    return { name: "record", sha256: sha256(evidence), reviewer: recordedBy };
  const reviewer = textIn(body.reviewer) ?? textIn(body.approver) ?? recordedBy;
  return { name: file.name.replace(/\.json$/, ""), sha256: fileDigest(file.text), reviewer };
}
