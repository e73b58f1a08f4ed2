import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Installation, type Listening, serve, setCredential } from "../../api/index.ts";
import { assert, parseJson } from "../../contracts/index.ts";
import type { Tool } from "../../guard/index.ts";
import { type ModelScript, modelScript, type Suite } from "../../release/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import type { Settled, SuiteWorld } from "./world.ts";

/** Where agents are played: the pack, its suite, and the folder in which both lie. */
export interface AgentsPlace {
  readonly pack: CompiledPack;
  readonly suite: Suite;
  readonly folder: string;
  readonly installation: () => Installation;
}

/**
 * A world in which the graphs of AGENT steps run as they are, each model a server on this machine that says what the case records.
 * The world itself where the suite plays none.
 */
export async function agentsWorld(world: SuiteWorld, place: AgentsPlace): Promise<SuiteWorld> {
  const graphs = graphTools(place);
  if (graphs.length === 0) return world;
  const played: { script: ModelScript } = { script: modelScript({ models: {} }, {}) };
  const models: { readonly service: string; readonly listening: Listening }[] = [];
  for (const service of servicesOf(place.pack))
    models.push({
      service,
      listening: await serve({ fetch: (request) => answerTo(played.script, service, request) }, { port: 0 }),
    });
  return {
    tools: [
      ...world.tools.filter(({ contract }) => !graphs.some((tool) => tool.contract.name === contract.name)),
      ...graphs,
    ],
    furnish: async (tenant) => {
      await world.furnish(tenant);
      for (const { service, listening } of models)
        await setCredential(place.installation(), {
          tenantId: tenant.tenantId,
          by: "suite",
          service,
          origin: listening.origin,
          secret: "answers are recorded",
          settings: {},
        });
    },
    arrange: async (one, start, stage) => {
      const arranged = await world.arrange(one, start, stage);
      played.script = modelScript(one, { ...start, ...arranged });
      return arranged;
    },
    settled: async () => seenBy(await world.settled(), played.script),
    close: async () => {
      for (const { listening } of models) await listening.close();
      await world.close();
    },
  };
}

const seenBy = (settled: Settled, script: ModelScript): Settled => ({
  modelCalls: settled.modelCalls + script.asked,
  strayed: [...settled.strayed, ...script.differences()],
});

function graphTools({ pack: { pack }, suite: { settings }, folder }: AgentsPlace): readonly Tool[] {
  return Object.entries(settings.graphs).map(([name, { module, export: exportName, describe }]) => {
    const contract = pack.tools[name];
    assert(contract !== undefined, "the graph of an AGENT step is a tool of its pack");
    return {
      contract,
      handler: async () => ({ kind: "rejected", code: "E_GRAPH_CONFIG", message: `\`${name}\` is an agent` }),
      graph: { module: pathToFileURL(resolve(folder, module)).href, exportName, describe },
    };
  });
}

const servicesOf = ({ pack }: CompiledPack): readonly string[] => [
  ...new Set(
    pack.workflows
      .flatMap(({ steps }) => steps)
      .flatMap((step) => (step.type === "AGENT" ? step.manifest.models.map(({ service }) => service) : [])),
  ),
];

const NOT_FOUND = 404;

/** In the form in which providers say no, so that their clients show the message. */
async function answerTo(script: ModelScript, service: string, request: Request): Promise<Response> {
  const asked = parseJson(await request.text());
  const answer = script.next(service, asked.ok ? asked.value : null);
  return answer.ok
    ? Response.json(answer.value.body, { status: answer.value.status })
    : Response.json(
        { type: "error", error: { type: "not_found_error", message: answer.refusal.message } },
        { status: NOT_FOUND },
      );
}
