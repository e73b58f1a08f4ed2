import { assert, canonicalText, digestOf, isJson, type Json } from "../../contracts/index.ts";
import { contractDigest } from "../../guard/index.ts";
import { type CompiledPack, compilePack, parsePack, type StepDefinition } from "../../run/index.ts";
import type { Manifest } from "./manifest.ts";

/** What a bundle releases, by digests: everything of a pack that decides what its runs may do. */
export type Contents = Pick<
  Manifest,
  "pack" | "tools" | "workflows" | "bounds_digest" | "scopes_digest" | "rules_digest" | "agents"
>;

/**
 * The model services that an AGENT step's graph may reach, and the digest of the code that asks them, of which its prompts are
 * part; null where the pack leaves that open.
 */
export type AgentPin = Manifest["agents"][number];

/** The digests of a pack, the same wherever they are computed. */
export function contentsOf({ pack, config_hash }: CompiledPack): Contents {
  return {
    pack: { id: pack.id, version: pack.version, digest: config_hash },
    tools: Object.values(pack.tools)
      .map((contract) => ({
        name: contract.name,
        version: contract.version,
        contract_digest: contractDigest(contract),
      }))
      .sort(by(({ name }) => name)),
    workflows: pack.workflows
      .map((workflow) => ({ id: workflow.id, digest: digestOf(plain(workflow)) }))
      .sort(by(({ id }) => id)),
    bounds_digest: digestOf(plain(pack.bounds)),
    scopes_digest: digestOf(plain(pack.scopes)),
    rules_digest: digestOf(plain(pack.hitl_rules)),
    agents: pack.workflows.flatMap(({ id, steps }) => steps.flatMap((step) => pinOf(id, step))),
  };
}

function pinOf(workflow: string, step: StepDefinition): readonly AgentPin[] {
  if (step.type !== "AGENT") return [];
  const { graph_id: graph, version, code_digest, models } = step.manifest;
  const reached = models.map(({ service, origin }) => ({ service, origin }));
  return [{ workflow, step: step.id, graph, version, code_digest, models: reached }];
}

/** The text of a pack's file in a bundle: canonical, so that its SHA-256 is the pack's digest. */
export const packText = ({ pack }: CompiledPack): string => canonicalText(plain(pack));

/** The pack in a bundle's file; undefined where it does not compile, or is not written as its digest means it. */
export function packIn(text: string): CompiledPack | undefined {
  const parsed = parsePack(text);
  if (!parsed.ok) return undefined;
  const compilation = compilePack(parsed.pack);
  return compilation.ok && packText(compilation.compiled) === text ? compilation.compiled : undefined;
}

function plain(part: unknown): Json {
  assert(isJson(part), "every part of a pack is plain JSON");
  return part;
}

const by =
  <T>(key: (value: T) => string) =>
  (left: T, right: T): number =>
    key(left) < key(right) ? -1 : 1;
