import type { JsonObject } from "../../contracts/index.ts";
import type { ToolContract } from "../../guard/index.ts";
import type { GraphManifest } from "../definition.ts";
import type { DraftPack, DraftStep } from "../pack-shape.ts";
import { type Finding, finding, type Steps } from "./finding.ts";

type Tools = { readonly [name: string]: ToolContract };

const toolOf = (tools: Tools, name: string): ToolContract | undefined =>
  Object.hasOwn(tools, name) ? tools[name] : undefined;

/** CC-01: an AGENT step's graph is a tool of the pack, its manifest is of that graph, and every tool in it exists. */
export function checkAgent({ tools }: DraftPack, { graph, manifest }: DraftStep, path: Steps): readonly Finding[] {
  if (graph === undefined || manifest === undefined) return [];
  const at = [...path, "manifest"];
  const contract = toolOf(tools, graph);
  if (contract === undefined) return [missing([...path, "graph"], graph)];
  const names = manifest.nodes.map(({ name }) => name);
  return [
    ...(contract.side_effect_level === "READ"
      ? []
      : [invalid([...path, "graph"], `\`${graph}\` must be READ: what it changes are calls of its own`)]),
    ...(manifest.graph_id === graph ? [] : [invalid([...at, "graph_id"], `must be \`${graph}\`, the step's graph`)]),
    ...(manifest.version === contract.version
      ? []
      : [invalid([...at, "version"], `the pack has \`${graph}\` in version ${contract.version}`)]),
    ...manifest.nodes.flatMap((node, index) => [
      ...(names.indexOf(node.name) === index
        ? []
        : [invalid([...at, "nodes", index], `\`${node.name}\` is named twice`)]),
      ...node.tools_allowed.flatMap((name, tool) =>
        toolOf(tools, name) === undefined ? [missing([...at, "nodes", index, "tools_allowed", tool], name)] : [],
      ),
    ]),
  ];
}

const missing = (path: Steps, name: string): Finding =>
  finding("CC-01", "CC01_TOOL_MISSING", path, `there is no tool \`${name}\``);

const invalid = (path: Steps, message: string): Finding => finding("CC-01", "CC01_GRAPH_INVALID", path, message);

/** Names of the tools that a graph calls itself, and of those that it can only propose. */
export function toolsOf(tools: Tools, manifest: GraphManifest) {
  const names = [...new Set(manifest.nodes.flatMap(({ tools_allowed }) => tools_allowed))].toSorted();
  const isCalled = (name: string) => ["READ", "SOFT_WRITE"].includes(toolOf(tools, name)?.side_effect_level ?? "");
  return { called: names.filter(isCalled), proposed: names.filter((name) => !isCalled(name)) };
}

/** Whether a graph changes nothing by itself, so that it may be stopped at any moment. */
export const onlyReads = (tools: Tools, manifest: GraphManifest): boolean =>
  toolsOf(tools, manifest).called.every((name) => toolOf(tools, name)?.side_effect_level === "READ");

/** What an AGENT step stores: the graph's output, and for each tool that it may propose whether it did, and with what. */
export function agentOutputSchema(tools: Tools, graph: string, manifest: GraphManifest): JsonObject {
  const output = toolOf(tools, graph)?.output_schema ?? {};
  const { properties } = output;
  const plan = toolsOf(tools, manifest).proposed.map((name) => [
    name,
    { type: "object", properties: { proposed: { type: "boolean" }, input: toolOf(tools, name)?.input_schema ?? {} } },
  ]);
  const callPlan = { type: "object", properties: Object.fromEntries(plan) };
  return { ...output, properties: { ...(isMembers(properties) ? properties : {}), call_plan: callPlan } };
}

const isMembers = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
