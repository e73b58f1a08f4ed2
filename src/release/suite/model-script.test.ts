import { expect, test } from "vitest";
import { modelScript } from "./model-script.ts";

const MODELS = {
  openai: [
    { asked: { temperature: 0 }, status: 200, body: { call: "$.input.order" } },
    { status: 529, body: { error: "busy" } },
  ],
};

const scriptOf = () => modelScript({ models: MODELS }, { input: { order: "o1" } });

test("models answer in the order of the recording, with what the run began with where a path stands", () => {
  const script = scriptOf();

  const answers = [script.next("openai", { temperature: 0, more: 1 }), script.next("openai", {})];

  expect(answers).toEqual([
    { ok: true, value: { status: 200, body: { call: "o1" } } },
    { ok: true, value: { status: 529, body: { error: "busy" } } },
  ]);
  expect([script.asked, script.differences()]).toEqual([2, []]);
});

test("a request that is otherwise than recorded, one too many and one of another model are refused, and told of", () => {
  const script = scriptOf();

  const answers = [
    script.next("openai", { temperature: 0.7 }),
    script.next("openai", {}),
    script.next("openai", {}),
    script.next("mistral", {}),
  ];

  expect(answers.map(({ ok }) => ok)).toEqual([false, true, false, false]);
  expect(script.differences()).toEqual([
    "request 1 of `openai` is not what was recorded: `temperature` is 0.7",
    "request 3 of `openai` has no recorded answer",
    "request 1 of `mistral` has no recorded answer",
  ]);
});

test("recorded answers that nobody asked for are told of", () => {
  const script = scriptOf();
  script.next("openai", { temperature: 0 });

  expect(script.differences()).toEqual(["`openai` was not asked for its last 1 recorded answers"]);
});

test("a path that leads nowhere in this run is refused, not passed on as text", () => {
  const script = modelScript(
    { models: { openai: [{ status: 200, body: { call: "$.input.nothing" } }] } },
    { input: {} },
  );

  expect(script.next("openai", {})).toMatchObject({ ok: false, refusal: { code: "SUITE_INVALID" } });
  expect(script.differences()).toEqual(["there is nothing at `$.input.nothing` of this run"]);
});
