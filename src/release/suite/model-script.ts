import { accepted, isJsonObject, type Json, type JsonObject, type Result, rejected } from "../../contracts/index.ts";
import { isPartOf, shownOf } from "./expectation.ts";
import { filledIn, type GoldenCase } from "./golden-case.ts";

/** What a model answers, as HTTP. */
export interface ModelAnswer {
  readonly status: number;
  readonly body: Json;
}

/** The answers that a case records of its models, in their order. */
export interface ModelScript {
  /** What a service answers to its next request. Refused with SUITE_INVALID where the case has no answer to it. */
  next(service: string, request: Json): Result<ModelAnswer>;
  /** Requests so far. */
  readonly asked: number;
  /** What went otherwise than was recorded: requests without an answer, and answers that nobody asked for. */
  differences(): readonly string[];
}

/** @param facts what paths such as `$.input.order_id` mean in an answer */
export function modelScript({ models }: Pick<GoldenCase, "models">, facts: JsonObject): ModelScript {
  const requests = new Map<string, number>();
  const strayed: string[] = [];
  const answerTo = (service: string, request: Json, index: number): Result<ModelAnswer> => {
    const answer = models[service]?.[index];
    if (answer === undefined) return lacking(`request ${index + 1} of \`${service}\` has no recorded answer`);
    const wanted = filledIn(answer.asked ?? {}, facts);
    const body = filledIn(answer.body, facts);
    if (!wanted.ok) return wanted;
    if (!body.ok) return body;
    if (!isPartOf(wanted.value, request))
      return lacking(
        `request ${index + 1} of \`${service}\` is not what was recorded: ${strangeIn(wanted.value, request)}`,
      );
    return accepted({ status: answer.status, body: body.value });
  };
  return {
    next: (service, request) => {
      const index = requests.get(service) ?? 0;
      requests.set(service, index + 1);
      const answer = answerTo(service, request, index);
      if (!answer.ok) strayed.push(answer.refusal.message);
      return answer;
    },
    get asked() {
      return [...requests.values()].reduce((sum, count) => sum + count, 0);
    },
    differences: () => [
      ...strayed,
      ...Object.entries(models).flatMap(([service, answers]) => {
        const left = answers.length - (requests.get(service) ?? 0);
        return left > 0 ? [`\`${service}\` was not asked for its last ${left} recorded answers`] : [];
      }),
    ],
  };
}

const lacking = (message: string) => rejected({ code: "SUITE_INVALID", message });

/** The first member that is otherwise, with what stands there. */
function strangeIn(wanted: Json, request: Json): string {
  const members = isJsonObject(wanted) ? Object.entries(wanted) : [];
  const of = isJsonObject(request) ? request : {};
  const [name] = members.find(([member, value]) => !isPartOf(value, of[member] ?? null)) ?? ["the body"];
  return `\`${name}\` is ${shownOf(of[name])}`;
}
