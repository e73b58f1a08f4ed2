import { isJsonObject, type JsonObject } from "../contracts/index.ts";
import type { CompiledPack, CompiledWorkflow } from "../run/index.ts";
import type { InternalEvent } from "./normalise/event.ts";
import type { EventType } from "./normalise/event-type.ts";
import { ORDERING_RULES } from "./ordering-rules.ts";

/** A workflow that an event starts. */
export interface Triggered {
  readonly pack: CompiledPack;
  readonly workflow: CompiledWorkflow;
}

type TriggeringEvent = Pick<InternalEvent, "source" | "type" | "payload" | "entity_id">;

/** Workflows whose trigger names the event's type and its source, or any source; in order of pack and workflow id. */
export const triggeredBy = (
  packs: readonly CompiledPack[],
  event: Pick<TriggeringEvent, "source" | "type">,
): readonly Triggered[] =>
  packs
    .flatMap((pack) => Object.values(pack.workflows).map((workflow) => ({ pack, workflow })))
    .filter(({ workflow }) => isTriggeredBy(workflow, event))
    .toSorted((a, b) => compare(a.pack.pack.id, b.pack.pack.id) || compare(a.workflow.id, b.workflow.id));

function isTriggeredBy({ definition }: CompiledWorkflow, { source, type }: Pick<TriggeringEvent, "source" | "type">) {
  const { trigger } = definition;
  if (trigger.kind !== "WEBHOOK" && trigger.kind !== "EVENT") return false;
  return trigger.event_type === type && (trigger.source ?? source) === source;
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/**
 * The members of an event's stored payload that the trigger's schema declares; all of them where it declares none by name.
 * Readers say null for what the provider left out, so a null that the schema does not require is left out as well.
 */
export function triggerPayload({ definition }: CompiledWorkflow, payload: JsonObject): JsonObject {
  const { properties, required } = definition.trigger.input_schema;
  if (!isJsonObject(properties)) return payload;
  const isRequired = (name: string): boolean => Array.isArray(required) && required.includes(name);
  return Object.fromEntries(
    Object.entries(payload).filter(
      ([name, value]) => Object.hasOwn(properties, name) && (value !== null || isRequired(name)),
    ),
  );
}

/**
 * What makes a start unique. A type that happens once in an entity's life starts a workflow once per entity, whichever
 * delivery brings the news: shops send `orders/paid` through several subscriptions, each with an id of its own. Any other
 * type may happen again and again, so each of its events starts a run.
 */
export const startKeyOf = ({ pack, workflow }: Triggered, event: OccurredEvent): string =>
  `${occasionOf(event)}:${pack.pack.id}/${workflow.id}`;

/** What an event's runs have in common: whatever it starts, starts on one version. */
export const occasionOf = ({ source, type, entity_id, event_id }: OccurredEvent): string =>
  `${source}:${type}:${happensOnce(type) ? entity_id : event_id}`;

type OccurredEvent = TriggeringEvent & { readonly event_id: string };

/** A creation, or a change that its own result rules out: nothing is created, paid or shipped twice. */
export function happensOnce(type: EventType): boolean {
  const rule = ORDERING_RULES[type];
  return rule !== undefined && (rule.from.includes(null) || !rule.from.includes(rule.to));
}
