import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findingText } from "./compile/finding.ts";
import { compilePack } from "./compile.ts";
import type { DraftPack } from "./pack-shape.ts";
import { parsePackObject } from "./parse-pack.ts";

const ANY = { type: "object" };

const tool = (name: string, side_effect_level = "READ", rest = {}) => ({
  name,
  version: "1.0.0",
  side_effect_level,
  input_schema: ANY,
  output_schema: { type: "object", properties: { amount: { type: "number" } } },
  timeout_seconds: 10,
  ...rest,
});

const scope = (tool_name: string) => ({ tool_name, allowed_operations: [tool_name] });

const rule = (trigger: string, rest = {}) => ({
  trigger,
  timeout_action: "FAIL",
  approval_channel: "#test-approvals",
  authorized_approvers: ["alice"],
  ...rest,
});

const look = (id: string, rest = {}) => ({ id, type: "TOOL", tool_name: "look", ...rest });

const agent = (manifest: object = {}, graph = "look") => ({
  id: "a",
  type: "AGENT",
  graph,
  manifest: { graph_id: graph, version: "1.0.0", nodes: [{ name: "n", kind: "pure" }], ...manifest },
});

const TOOLS = { look: tool("look"), mail: tool("mail", "SOFT_WRITE"), charge: tool("charge", "FINANCIAL") };

const BY_NAME: { readonly [name: string]: object } = TOOLS;

function draftOf(
  steps: readonly object[],
  { pack = {}, workflow = {} }: { pack?: object; workflow?: object } = {},
): DraftPack {
  const parsed = parsePackObject({
    id: "shop",
    name: "Shop",
    version: "1.0.0",
    workflows: [
      {
        id: "W",
        name: "a workflow",
        trigger: { kind: "MANUAL", input_schema: { type: "object", properties: { id: { type: "string" } } } },
        steps,
        pass_criteria: "true",
        ...workflow,
      },
    ],
    tools: TOOLS,
    scopes: { look: scope("look"), mail: scope("mail"), charge: scope("charge") },
    bounds: {},
    hitl_rules: { charge: rule("charge") },
    eval_suite_ref: "golden",
    ...pack,
  });
  return parsed.ok ? parsed.pack : expect.fail(JSON.stringify(parsed.errors));
}

function errorsOf(steps: readonly object[], parts: { pack?: object; workflow?: object } = {}) {
  const result = compilePack(draftOf(steps, parts));
  return result.ok ? [] : result.errors.map(({ code, path }) => `${code} ${path}`);
}

const S = "$.workflows[0].steps";

describe("CC-01 tool_closure", () => {
  test("P1-T28 a workflow that names a missing tool does not compile", () => {
    const result = compilePack(draftOf([look("a", { tool_name: "gone" })]));

    expect(result).toMatchObject({ ok: false });
    expect(!result.ok && result.errors).toEqual([
      {
        check_id: "CC-01",
        check_name: "tool_closure",
        code: "CC01_TOOL_MISSING",
        path: `${S}[0].tool_name`,
        message: "there is no tool `gone`",
      },
    ]);
    expect(!result.ok && result.errors.map(findingText)).toEqual(["[tool_closure] there is no tool `gone`"]);
  });

  test("P1-T-CC01 a valid pack compiles, and compiles to something frozen that knows its hash", () => {
    const result = compilePack(draftOf([look("a", { next_step: "b" }), look("b")]));

    const compiled = result.ok ? result.compiled : expect.fail(JSON.stringify(result.errors));
    expect(compiled.config_hash).toMatch(/^[0-9a-f]{64}$/);
    expect(compiled.workflows.W?.entry).toBe("a");
    expect(Object.isFrozen(compiled.workflows.W?.steps.a?.definition)).toBe(true);
    expect(Object.isFrozen(compiled.pack.tools.look?.input_schema)).toBe(true);
  });

  const compensation = { tool_name: "mail", compensation_order: 1 };
  const poll = { type: "POLL", poll_tool: "look", poll_interval_seconds: 5, poll_condition: "$.poll.amount > 1" };
  const wait = { id: "a", type: "WAIT", wait_for: poll, wait_timeout_seconds: 60 };
  const parallel = { id: "p", type: "PARALLEL", parallel_steps: ["a", "b"] };

  test.each<[string, readonly object[], readonly string[]]>([
    [
      "an agent's graph of another name",
      [agent({ graph_id: "other" })],
      [`CC01_GRAPH_INVALID ${S}[0].manifest.graph_id`],
    ],
    [
      "an agent's graph in another version",
      [agent({ version: "2.0.0" })],
      [`CC01_GRAPH_INVALID ${S}[0].manifest.version`],
    ],
    [
      "an agent's node that is named twice",
      [
        agent({
          nodes: [
            { name: "n", kind: "pure" },
            { name: "n", kind: "pure" },
          ],
        }),
      ],
      [`CC01_GRAPH_INVALID ${S}[0].manifest.nodes[1]`],
    ],
    [
      "an agent's tool that there is not",
      [agent({ nodes: [{ name: "n", kind: "tool", tools_allowed: ["gone"] }] })],
      [`CC01_TOOL_MISSING ${S}[0].manifest.nodes[0].tools_allowed[0]`],
    ],
    ["an agent that writes by itself", [agent({ graph_id: "mail" }, "mail")], [`CC01_GRAPH_INVALID ${S}[0].graph`]],
    ["a tool in another version", [look("a", { tool_version: "2.0.0" })], [`CC01_TOOL_MISSING ${S}[0].tool_version`]],
    [
      "a compensation without its tool",
      [look("a", { compensation: { ...compensation, tool_name: "gone" } })],
      [`CC01_COMPENSATION_TOOL_MISSING ${S}[0].compensation.tool_name`],
    ],
    [
      "a compensation that may not be repeated",
      [look("a", { compensation: { ...compensation, idempotent: false } })],
      [`CC01_COMPENSATION_NOT_IDEMPOTENT ${S}[0].compensation.idempotent`],
    ],
    [
      "a poll without its tool",
      [{ ...wait, wait_for: { ...poll, poll_tool: "gone" } }],
      [`CC01_POLL_TOOL_MISSING ${S}[0].wait_for.poll_tool`],
    ],
    [
      "a poll that writes",
      [{ ...wait, wait_for: { ...poll, poll_tool: "mail" } }],
      [`CC01_POLL_TOOL_WRITES ${S}[0].wait_for.poll_tool`],
    ],
    ["a next step that is not there", [look("a", { next_step: "b" })], [`CC01_STEP_REF_MISSING ${S}[0].next_step`]],
    ["a failure edge to nowhere", [look("a", { on_failure: "b" })], [`CC01_STEP_REF_MISSING ${S}[0].on_failure`]],
    ["a branch that is not there", [parallel, look("a")], [`CC01_STEP_REF_MISSING ${S}[0].parallel_steps[1]`]],
    ["one id twice", [look("a"), look("a")], [`CC01_DUPLICATE_STEP ${S}[1].id`]],
    [
      "a cycle, named at each of its edges",
      [look("a", { next_step: "b" }), look("b", { next_step: "a" })],
      [`CC01_CYCLE ${S}[0].next_step`, `CC01_CYCLE ${S}[1].next_step`],
    ],
    ["a cycle over a failure edge", [look("a", { on_failure: "a" })], [`CC01_CYCLE ${S}[0].on_failure`]],
    ["a step nobody leads to", [look("a"), look("b")], [`CC01_UNREACHABLE_STEP ${S}[1]`]],
    ["a workflow that starts itself", [{ id: "a", type: "START_RUN", workflow: "W" }], [`CC01_CYCLE ${S}[0].workflow`]],
    [
      "a start of a workflow that is not there",
      [{ id: "a", type: "START_RUN", workflow: "V" }],
      [`CC01_WORKFLOW_MISSING ${S}[0].workflow`],
    ],
    [
      "a PARALLEL step inside a branch",
      [
        parallel,
        look("a", { next_step: "q" }),
        look("b"),
        { ...parallel, id: "q", parallel_steps: ["c", "d"] },
        look("c"),
        look("d"),
      ],
      [`CC01_NESTED_PARALLEL ${S}[3]`],
    ],
    [
      "a step that two branches share",
      [parallel, look("a", { next_step: "c" }), look("b", { next_step: "c" }), look("c")],
      [`CC01_SHARED_STEP ${S}[3]`],
    ],
    [
      "a branch that runs into the main path",
      [{ ...parallel, next_step: "c" }, look("a", { next_step: "c" }), look("b"), look("c")],
      [`CC01_SHARED_STEP ${S}[3]`],
    ],
    [
      "a missing field",
      [{ id: "a", type: "BRANCH", condition: "true", if_true: null }],
      [`CC01_FIELD_REQUIRED ${S}[0].if_false`],
    ],
    [
      "a field of another kind",
      [{ id: "a", type: "BRANCH", condition: "true", if_true: null, if_false: null, next_step: "b" }, look("b")],
      [`CC01_FIELD_NOT_ALLOWED ${S}[0].next_step`],
    ],
    [
      "a WAIT step without a limit",
      [{ id: "a", type: "WAIT", wait_for: { type: "MANUAL" } }],
      [`CC01_FIELD_REQUIRED ${S}[0].wait_timeout_seconds`],
    ],
    [
      "a single branch",
      [{ ...parallel, parallel_steps: ["a"] }, look("a")],
      [`CC01_FIELD_REQUIRED ${S}[0].parallel_steps`],
    ],
    ["no branch at all", [{ ...parallel, parallel_steps: [] }], [`CC01_FIELD_REQUIRED ${S}[0].parallel_steps`]],
    [
      "ways of a branch that lead nowhere",
      [{ id: "a", type: "BRANCH", condition: "true", if_true: "b", if_false: "c" }],
      [`CC01_STEP_REF_MISSING ${S}[0].if_false`, `CC01_STEP_REF_MISSING ${S}[0].if_true`],
    ],
    ["a time-out to nowhere", [{ ...wait, on_timeout: "b" }], [`CC01_STEP_REF_MISSING ${S}[0].on_timeout`]],
    [
      "N_OF_M without N",
      [{ ...parallel, join_policy: "N_OF_M" }, look("a"), look("b")],
      [`CC01_FIELD_REQUIRED ${S}[0].join_n`],
    ],
    [
      "more joins than branches",
      [{ ...parallel, join_policy: "N_OF_M", join_n: 3 }, look("a"), look("b")],
      [`CC01_FIELD_NOT_ALLOWED ${S}[0].join_n`],
    ],
    [
      "a condition that does not parse",
      [{ id: "a", type: "BRANCH", condition: "$.x =", if_true: null, if_false: null }],
      [`CC01_CONDITION_INVALID ${S}[0].condition`],
    ],
    [
      "a condition on a field that no output has",
      [
        look("a", { next_step: "b" }),
        { id: "b", type: "BRANCH", condition: "$.a.total > 1", if_true: null, if_false: null },
      ],
      [`CC01_CONDITION_INVALID ${S}[1].condition`],
    ],
    [
      "a poll condition on a field that no result has",
      [{ ...wait, wait_for: { ...poll, poll_condition: "$.poll.total > 1" } }],
      [`CC01_CONDITION_INVALID ${S}[0].wait_for.poll_condition`],
    ],
    [
      "an approval condition that does not compile",
      [look("a", { hitl_condition: "1" })],
      [`CC01_CONDITION_INVALID ${S}[0].hitl_condition`],
    ],
  ])("P1-T-CC01 refuses %s", (_, steps, errors) => {
    expect(errorsOf(steps)).toEqual(errors);
  });

  test("P1-T-CC01 refuses malformed schemas and pass criteria that are not conditions", () => {
    const broken = { ...TOOLS, look: tool("look", "READ", { output_schema: { type: "nothing" } }) };
    const trigger = { kind: "MANUAL", input_schema: { type: 7 } };

    expect(errorsOf([look("a")], { pack: { tools: broken }, workflow: { trigger, pass_criteria: "1 +" } })).toEqual([
      "CC01_SCHEMA_INVALID $.tools.look.output_schema",
      "CC01_CONDITION_INVALID $.workflows[0].pass_criteria",
      "CC01_SCHEMA_INVALID $.workflows[0].trigger.input_schema",
    ]);
  });
});

describe("CC-02 bounds_present", () => {
  test("P1-T29 a bound of zero does not compile", () => {
    expect(errorsOf([look("a")], { pack: { bounds: { max_steps_per_run: 0 } } })).toEqual([
      "CC02_BOUND_NOT_POSITIVE $.bounds.max_steps_per_run",
    ]);
  });

  test("P1-T-CC02 refuses absent bounds", () => {
    expect(errorsOf([look("a")], { pack: { bounds: undefined } })).toEqual(["CC02_BOUNDS_MISSING $.bounds"]);
  });

  test.each(["max_steps_per_run", "max_time_seconds", "max_tokens_per_run", "max_tool_calls_per_run"])(
    "P1-T-CC02 refuses a %s of zero, and a negative one",
    (limit) => {
      for (const value of [0, -1])
        expect(errorsOf([look("a")], { pack: { bounds: { [limit]: value } } })).toEqual([
          `CC02_BOUND_NOT_POSITIVE $.bounds.${limit}`,
        ]);
    },
  );

  test("P1-T-CC02 refuses per-type bounds and time-outs that are not greater than zero", () => {
    const bounds = { max_tool_calls_per_type: { look: 0 } };
    const tools = { ...TOOLS, look: tool("look", "READ", { timeout_seconds: 0 }) };

    expect(errorsOf([look("a")], { pack: { bounds, tools }, workflow: { timeout_seconds: -3 } })).toEqual([
      "CC02_BOUND_NOT_POSITIVE $.bounds.max_tool_calls_per_type.look",
      "CC02_TIMEOUT_NOT_POSITIVE $.tools.look.timeout_seconds",
      "CC02_TIMEOUT_NOT_POSITIVE $.workflows[0].timeout_seconds",
    ]);
  });
});

describe("CC-03 scopes_present", () => {
  test("P1-T30 a tool without a scope does not compile", () => {
    const scopes = { look: scope("look"), charge: scope("charge") };

    expect(errorsOf([look("a")], { pack: { scopes } })).toEqual(["CC03_SCOPE_MISSING $.scopes.mail"]);
  });

  test("P1-T-CC03 refuses a scope of another tool and an empty one; an orphan only warns", () => {
    const scopes = {
      look: scope("mail"),
      mail: { ...scope("mail"), allowed_operations: [] },
      charge: scope("charge"),
      gone: scope("gone"),
    };

    const result = compilePack(draftOf([look("a")], { pack: { scopes } }));

    expect(!result.ok && result.errors.map(({ code }) => code)).toEqual(["CC03_SCOPE_MISMATCH", "CC03_SCOPE_EMPTY"]);
    expect(result.warnings.map(({ code, path }) => `${code} ${path}`)).toEqual(["CC03_SCOPE_ORPHAN $.scopes.gone"]);
  });
});

describe("CC-04 financial_hitl", () => {
  test("P1-T41 a FINANCIAL tool that approves itself and one without a rule do not compile", () => {
    const tools = { ...TOOLS, refund: tool("refund", "FINANCIAL") };
    const scopes = { look: scope("look"), mail: scope("mail"), charge: scope("charge"), refund: scope("refund") };
    const hitl_rules = { charge: rule("charge", { timeout_action: "AUTO_APPROVE" }) };

    expect(errorsOf([look("a")], { pack: { tools, scopes, hitl_rules } })).toEqual([
      "CC04_AUTO_APPROVE $.hitl_rules.charge.timeout_action",
      "CC04_RULE_MISSING $.hitl_rules.refund",
    ]);
  });

  test.each([
    [
      "ESCALATE without a chain",
      { timeout_action: "ESCALATE" },
      "CC04_ESCALATION_CHAIN_MISSING $.hitl_rules.charge.escalation_chain",
    ],
    ["a condition", { condition: "$.input.amount > 5" }, "CC04_CONDITION_FORBIDDEN $.hitl_rules.charge.condition"],
    ["nobody to approve", { required_approvers: 0 }, "CC04_RULE_INVALID $.hitl_rules.charge.required_approvers"],
    ["nobody who may", { authorized_approvers: [] }, "CC04_RULE_INVALID $.hitl_rules.charge.authorized_approvers"],
    [
      "fewer who may than must",
      { required_approvers: 2 },
      "CC04_RULE_INVALID $.hitl_rules.charge.authorized_approvers",
    ],
    ["a trigger of another tool", { trigger: "mail" }, "CC04_RULE_INVALID $.hitl_rules.charge.trigger"],
  ])("P1-T-CC04 refuses, for a FINANCIAL tool, %s", (_, rest, error) => {
    expect(errorsOf([look("a")], { pack: { hitl_rules: { charge: rule("charge", rest) } } })).toEqual([error]);
  });

  test("P1-T-CC04 accepts the permissive form for another tool, with a condition that compiles", () => {
    const permissive = { timeout_action: "AUTO_APPROVE", condition: "$.input.amount > 5" };
    const hitl_rules = { charge: rule("charge"), mail: rule("mail", permissive) };

    expect(errorsOf([look("a")], { pack: { hitl_rules } })).toEqual([]);
  });

  test("P1-T-CC04 refuses to have a failed compensation tried again by itself, for ever", () => {
    const hitl_rules = {
      charge: rule("charge"),
      "compensation.failed": rule("compensation.failed", { timeout_action: "AUTO_APPROVE" }),
    };

    expect(errorsOf([look("a")], { pack: { hitl_rules } })).toEqual([
      'CC04_RULE_INVALID $.hitl_rules["compensation.failed"].timeout_action',
    ]);
  });

  test.each([
    ["a role", { authorized_approvers: ["role:approver"] }],
    ["two people", { authorized_approvers: ["alice", "bob"] }],
    ["a later level's role", { timeout_action: "ESCALATE", escalation_chain: ["role:admin"] }],
  ])("P1-T-CC04 accepts that two must approve where %s can", (_, rest) => {
    const hitl_rules = { charge: rule("charge", { required_approvers: 2, ...rest }) };

    expect(errorsOf([look("a")], { pack: { hitl_rules } })).toEqual([]);
  });

  test("P1-T-CC04 refuses a rule of a tool that is not there: a slip of the pen would leave its tool unguarded", () => {
    const hitl_rules = {
      charge: rule("charge"),
      male: rule("male"),
      "compensation.manual": rule("compensation.manual"),
    };

    expect(errorsOf([look("a")], { pack: { hitl_rules } })).toEqual(["CC04_RULE_INVALID $.hitl_rules.male"]);
  });

  test("P1-T-CC04 refuses a condition that does not compile, for any tool", () => {
    const hitl_rules = { charge: rule("charge"), mail: rule("mail", { condition: "eval('1')" }) };

    expect(errorsOf([look("a")], { pack: { hitl_rules } })).toEqual(["CC04_RULE_INVALID $.hitl_rules.mail.condition"]);
  });
});

describe("the output", () => {
  test("is the same for the same pack, whatever order its maps are written in", () => {
    const tools = fc.shuffledSubarray(["look", "mail", "charge"], { minLength: 3 });
    const steps = fc.shuffledSubarray(["a", "b", "c"], { minLength: 1 });

    fc.assert(
      fc.property(tools, steps, (names, ids) => {
        const pack = {
          tools: Object.fromEntries(names.map((name) => [name, BY_NAME[name]])),
          scopes: {},
          hitl_rules: {},
        };
        const list = ids.map((id) => look(id, { next_step: "b" }));

        const once = compilePack(draftOf(list, { pack }));
        const again = compilePack(draftOf(list, { pack: { ...pack, tools: TOOLS } }));

        expect(JSON.stringify(once)).toBe(JSON.stringify(again));
      }),
    );
  });

  test("hashes a pack by its meaning: defaults written out change nothing, a bound does", () => {
    const hashOf = (bounds: object) => {
      const result = compilePack(draftOf([look("a")], { pack: { bounds } }));
      return result.ok ? result.compiled.config_hash : expect.fail("compiles");
    };

    expect(hashOf({ max_steps_per_run: 50 })).toBe(hashOf({}));
    expect(hashOf({ max_steps_per_run: 51 })).not.toBe(hashOf({}));
  });

  test.each(["constructor", "toString"])("what every object has, `%s`, is no tool, scope, rule or workflow", (name) => {
    const result = compilePack(draftOf([look("a")]));
    const { pack, workflows } = result.ok ? result.compiled : expect.fail("compiles");

    expect([pack.tools[name], pack.scopes[name], pack.hitl_rules[name], workflows[name]]).toEqual(
      Array(4).fill(undefined),
    );
  });
});
