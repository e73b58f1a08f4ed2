import { describe, expect, test } from "vitest";
import { definePack, parsePack, parsePackObject } from "./parse-pack.ts";

const PACK = `
id: shop
name: Shop
version: 1.0.0
eval_suite_ref: golden
workflows:
  - id: W
    name: a workflow
    trigger: { kind: MANUAL, input_schema: { type: object } }
    pass_criteria: "true"
    steps:
      - id: a
        type: TOOL
        tool_name: look
        retry_policy: { retryable_errors: [TOOL_ERROR] }
        next_step: null
tools:
  look:
    name: look
    version: 1.0.0
    side_effect_level: READ
    input_schema: { type: object }
    output_schema: { type: object }
    timeout_seconds: 10
scopes:
  look: { tool_name: look, allowed_operations: [look] }
bounds: {}
`;

function errorsOf(text: string) {
  const parsed = parsePack(text);
  return parsed.ok
    ? []
    : parsed.errors.map(({ code, path, message, line, column }) => `${line}:${column} ${code} ${path} ${message}`);
}

describe("a pack", () => {
  test("is read from YAML with every default filled in", () => {
    const parsed = parsePack(PACK);

    const pack = parsed.ok ? parsed.pack : expect.fail(JSON.stringify(parsed.errors));
    expect(pack).toMatchObject({
      state: "DRAFT",
      hitl_rules: {},
      bounds: { max_steps_per_run: 50, max_time_seconds: 300, max_tokens_per_run: 50_000, max_tool_calls_per_run: 100 },
      tools: { look: { operation: "look", dependency: null, key_reuse_window_hours: 24 } },
      scopes: { look: { principals: [], data_cap_bytes: null, network_allowlist: [] } },
    });
    expect(pack.bounds?.loop).toEqual({ window: 20, max_sequence_length: 5, repeat_threshold: 3, per_tool: {} });
    expect(pack.workflows[0]).toMatchObject({ timeout_seconds: 300, allowed_failure_modes: [] });
    expect(pack.workflows[0]?.steps[0]).toEqual({
      id: "a",
      type: "TOOL",
      tool_name: "look",
      retry_policy: {
        max_attempts: 3,
        base_delay_seconds: 1,
        max_delay_seconds: 60,
        backoff_multiplier: 2,
        jitter: true,
        retryable_errors: ["TOOL_ERROR"],
      },
    });
  });

  test("that is not well-formed is refused with line and column", () => {
    expect(errorsOf("id: shop\nname: [a\n")).toEqual([expect.stringMatching(/^3:1 PACK_SYNTAX \$ /)]);
    expect(errorsOf("id: shop\nid: other\n")).toEqual([expect.stringMatching(/^2:1 PACK_SYNTAX \$ .*unique/)]);
  });

  test.each([
    ["U+0000", "a\\0b", "the text holds U+0000, which no database keeps"],
    ["half a character", "\\ud83d", "the text holds a lone surrogate"],
  ])("with %s in a text is refused where it stands", (_what, written, message) => {
    const text = PACK.replace(/^name: .*$/m, `name: "${written}"`);

    expect(errorsOf(text)).toEqual([expect.stringMatching(/PACK_INVALID \$\.name /)]);
    expect(errorsOf(text)[0]).toContain(message);
  });

  test("names every unknown field with its path and place", () => {
    const text = PACK.replace("tool_name: look\n", "tool_name: look\n        tool: look\n").replace(
      "bounds: {}",
      "bounds: { steps: 3 }",
    );

    expect(errorsOf(text)).toEqual([
      expect.stringMatching(/^\d+:\d+ PACK_FIELD_UNKNOWN \$\.workflows\[0\]\.steps\[0\]\.tool unknown field `tool`$/),
      expect.stringMatching(/PACK_FIELD_UNKNOWN \$\.bounds\.steps unknown field `steps`$/),
    ]);
  });

  test.each([
    ["timeout_seconds: 10", "timeout_seconds: soon", "$.tools.look.timeout_seconds must be a number"],
    ["version: 1.0.0\neval", "version: 1\neval", "$.version must be a string"],
    ["version: 1.0.0\neval", "version: one\neval", "$.version must be a semantic version such as 1.0.0"],
    [
      "kind: MANUAL",
      "kind: NEVER",
      "$.workflows[0].trigger.kind must be `WEBHOOK` or `EVENT` or `SCHEDULE` or `MANUAL`",
    ],
    ["eval_suite_ref: golden\n", "", "$.eval_suite_ref is required"],
    [
      "- id: a",
      "- id: trigger",
      "$.workflows[0].steps[0].id must not be `trigger` or `run` or `main` or `compensation`",
    ],
    ["- id: a", "- id: __proto__", "$.workflows[0].steps[0].id must be a name that conditions can address"],
    [
      "next_step: null",
      "output_key: constructor",
      "$.workflows[0].steps[0].output_key must be a name that conditions can address",
    ],
    ["- id: a", "- id: 1-a", "$.workflows[0].steps[0].id must be letters, digits and `_`, not beginning with a digit"],
    ["    name: look", "    name: other", "$.tools.look.name must be `look`, the key it stands under"],
    [
      "next_step: null",
      "tool_input_mapping: { id: $.a..b }",
      "$.workflows[0].steps[0].tool_input_mapping.id is not a path",
    ],
    ["next_step: null", "wait_for: { type: NOTHING }", "must have a `type` of WEBHOOK, POLL, TIMER or MANUAL"],
  ])("with %j as %j is refused", (from, to, message) => {
    const [error, ...others] = errorsOf(PACK.replace(from, to));

    expect(error).toContain("PACK_INVALID");
    expect(others).toEqual([]);
    expect(error).toContain(message);
  });

  test("lists all that is wrong, in the order of the text", () => {
    const text = PACK.replace("kind: MANUAL", "kind: NEVER").replace("timeout_seconds: 10", "timeout_seconds: soon");

    expect(errorsOf(text).map((line) => line.split(" ")[2])).toEqual([
      "$.workflows[0].trigger.kind",
      "$.tools.look.timeout_seconds",
    ]);
  });

  test("with two workflows of one id is refused", () => {
    const parsed = parsePack(PACK);
    const [workflow] = parsed.ok ? parsed.pack.workflows : [];

    expect(parsePackObject({ ...(parsed.ok ? parsed.pack : {}), workflows: [workflow, workflow] })).toMatchObject({
      ok: false,
      errors: [{ path: "$.workflows[1].id", line: null }],
    });
  });

  test("whose aliases unfold without end is refused, not unfolded", () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x,x]",
      ...["b", "c", "d", "e"].map((key, index) => {
        const before = ["a", "b", "c", "d"][index];
        return `${key}: &${key} [${Array(10).fill(`*${before}`).join(",")}]`;
      }),
    ].join("\n");

    expect(errorsOf(bomb)).toEqual([expect.stringContaining("PACK_SYNTAX")]);
  });

  test("written in TypeScript gets the same defaults", () => {
    const schema = { type: "object" };
    const pack = definePack({
      id: "shop",
      name: "Shop",
      version: "1.0.0",
      eval_suite_ref: "golden",
      workflows: [],
      tools: {
        look: {
          name: "look",
          version: "1.0.0",
          side_effect_level: "READ",
          input_schema: schema,
          output_schema: schema,
          timeout_seconds: 10,
        },
      },
      bounds: { max_steps_per_run: 3 },
    });

    expect(pack).toMatchObject({ state: "DRAFT", bounds: { max_steps_per_run: 3, max_time_seconds: 300 } });
    expect(() => definePack({ ...pack, version: "x" })).toThrow("$.version must be a semantic version");
  });
});
