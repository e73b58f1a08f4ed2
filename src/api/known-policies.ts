import { readdir, readFile } from "node:fs/promises";
import { accepted, type Digest, type Refusal, type Result, rejected } from "../contracts/index.ts";
import {
  type EvaluationRow,
  evaluatedPolicies,
  evaluationByPolicy,
  type LintFinding,
  lintPolicy,
  type Policy,
  parsePolicy,
  policyIn,
} from "../gate/index.ts";
import { storedPacket } from "../release/index.ts";
import { inTenant } from "../store/index.ts";
import type { Installation } from "./installation.ts";

/** What policies are read through. */
type PolicyPorts = Pick<Installation, "database" | "artifacts">;

/** A policy as it is written, with what lint says of it. */
export interface ReadPolicy {
  readonly policy: Policy;
  readonly text: string;
  readonly findings: readonly LintFinding[];
}

/** A policy that is known. */
export interface KnownPolicy {
  readonly id: string;
  readonly version: string;
  readonly digest: Digest;
  readonly title: string | null;
  /** Null where its text is to be had from its last packet alone. */
  readonly findings: readonly LintFinding[] | null;
  /** Whether it comes with the program. */
  readonly isOurs: boolean;
  /** Its newest evaluation. */
  readonly last: EvaluationRow | null;
}

/** Every policy that a tenant evaluated, by its digest, and those that come with the program; by id, the newest version first. */
export async function knownPolicies({ database }: PolicyPorts, tenantId: string): Promise<readonly KnownPolicy[]> {
  const ours = await ourPolicies();
  const evaluated = await inTenant(database, tenantId, evaluatedPolicies);
  const used = evaluated.map((last): KnownPolicy => {
    const own = ours.find(({ policy }) => policy.digest === last.policy_sha256);
    return {
      id: last.policy_id,
      version: last.policy_version,
      digest: last.policy_sha256,
      title: own?.policy.text.title ?? null,
      findings: own?.findings ?? null,
      isOurs: own !== undefined,
      last,
    };
  });
  const unused = ours
    .filter(({ policy }) => !used.some(({ digest }) => digest === policy.digest))
    .map(
      ({ policy: { text, digest }, findings }): KnownPolicy => ({
        id: text.id,
        version: text.version,
        digest,
        title: text.title ?? null,
        findings,
        isOurs: true,
        last: null,
      }),
    );
  return [...used, ...unused];
}

/** A policy by its digest: the program's own, else as the packet of its last evaluation has it. Refused: GATE_POLICY_NOT_FOUND. */
export async function findPolicy(
  { database, artifacts }: PolicyPorts,
  tenantId: string,
  digest: string,
): Promise<Result<ReadPolicy>> {
  const own = (await ourPolicies()).find(({ policy }) => policy.digest === digest);
  if (own !== undefined) return accepted(own);
  const packet = await inTenant(database, tenantId, async (sql) => {
    const row = await evaluationByPolicy(sql, digest);
    return row === undefined ? rejected(policyNotFound(digest)) : storedPacket(artifacts, sql, row);
  });
  return packet.ok ? readPolicyText(packet.value.policy) : packet;
}

const policyNotFound = (digest: string): Refusal => ({
  code: "GATE_POLICY_NOT_FOUND",
  message: `there is no policy \`${digest}\``,
});

/** Reads a policy and lints it. Refused with the first of what is wrong with it. */
export function readPolicyText(text: string): Result<ReadPolicy> {
  const policy = policyIn(text);
  return policy.ok ? accepted({ policy: policy.value, text, findings: lintPolicy(policy.value) }) : policy;
}

const FOLDER = new URL("../../policies/", import.meta.url);

let kept: Promise<readonly ReadPolicy[]> | undefined;

/** Those that come with the program, read and linted once: they change with it alone. */
function ourPolicies(): Promise<readonly ReadPolicy[]> {
  kept ??= policiesIn(FOLDER);
  return kept;
}

/** A file of the folder that is no policy is none. */
async function policiesIn(folder: URL): Promise<readonly ReadPolicy[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder), "utf8")));
  return texts.flatMap((text) => {
    const read = parsePolicy(text);
    return read.ok ? [{ policy: read.value, text, findings: lintPolicy(read.value) }] : [];
  });
}
