import { isJsonObject, isSameJson, type Json, type JsonObject, resolvePath } from "../../contracts/index.ts";
import { filledIn, type GoldenCase } from "./golden-case.ts";

/** What became of a run, read back from the record. */
export interface ObservedRun {
  readonly runId: string;
  readonly status: string;
  readonly code: string | null;
  /** The steps at which it waits. */
  readonly waitsAt: readonly string[];
  /** Calls that reached a handler or were refused by a guard, in the order of the record. */
  readonly calls: readonly ObservedCall[];
  readonly document: JsonObject;
  /** What its agents did. */
  readonly agents: AgentWork;
}

/** What the agents of a run did, over all of its AGENT steps. */
export interface AgentWork {
  readonly steps: number;
  readonly toolCalls: number;
  readonly checkpoints: number;
  readonly tokens: number;
}

export interface ObservedCall {
  readonly tool: string;
  /** As the trace has it: redacted. */
  readonly input: Json;
}

/**
 * Everything in which a run is not as its case expects, in words; nothing where it is.
 *
 * @param facts what the expectation's paths `$.input` and `$.order` mean
 */
export function differencesFrom({ expect }: GoldenCase, run: ObservedRun, facts: JsonObject): readonly string[] {
  const { status, code, waits_at, calls, state, tokens_max } = expect;
  return [
    ...(run.status === status ? [] : [`status is ${run.status}, not ${status}`]),
    ...(run.code === code ? [] : [`code is ${run.code ?? "none"}, not ${code ?? "none"}`]),
    ...(waits_at === undefined || isSameJson(waits_at.toSorted(), run.waitsAt.toSorted())
      ? []
      : [`it waits at ${namesOf(run.waitsAt)}, not ${namesOf(waits_at)}`]),
    ...(tokens_max === undefined || run.agents.tokens <= tokens_max
      ? []
      : [`its agents used ${run.agents.tokens} tokens, more than ${tokens_max}`]),
    ...(calls === undefined ? [] : callDifferences(calls, run.calls, facts)),
    ...Object.entries(state).flatMap(([path, value]) => {
      const meant = filledIn(value, facts);
      if (!meant.ok) return [meant.refusal.message];
      const there = resolvePath(run.document, path);
      return there !== undefined && isSameJson(there, meant.value)
        ? []
        : [`${path} is ${shownOf(there)}, not ${shownOf(meant.value)}`];
    }),
  ];
}

type ExpectedCall = NonNullable<GoldenCase["expect"]["calls"]>[number];

function callDifferences(
  expected: readonly ExpectedCall[],
  made: readonly ObservedCall[],
  facts: JsonObject,
): readonly string[] {
  const [names, meant] = [made.map(({ tool }) => tool), expected.map(({ tool }) => tool)];
  if (!isSameJson(names, meant)) return [`it called ${namesOf(names)}, not ${namesOf(meant)}`];
  return expected.flatMap(({ tool, input }, index) => {
    if (input === undefined) return [];
    const wanted = filledIn(input, facts);
    if (!wanted.ok) return [wanted.refusal.message];
    const given = made[index]?.input ?? null;
    return isPartOf(wanted.value, given) ? [] : [`${tool} was called with ${shownOf(given)}`];
  });
}

const namesOf = (tools: readonly string[]): string => (tools.length === 0 ? "nothing" : tools.join(", "));

/** Whether every member that is named is as it is named. */
export const isPartOf = (wanted: Json, given: Json): boolean =>
  isJsonObject(wanted) && isJsonObject(given)
    ? Object.entries(wanted).every(([name, value]) => isPartOf(value, given[name] ?? null))
    : isSameJson(wanted, given);

const SHOWN_MAX = 200;

export const shownOf = (value: Json | undefined): string =>
  value === undefined ? "nothing" : JSON.stringify(value).slice(0, SHOWN_MAX);
