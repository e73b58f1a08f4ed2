import type { JsonObject } from "../../contracts/index.ts";
import type { EffectProof, Tool, ToolContract, ToolOutcome } from "../../guard/index.ts";
import { filledIn, type GoldenCase, type SimulatedAnswer } from "../../release/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import { NOTHING_SEEN, type SuiteWorld } from "./world.ts";

/** What a tool is answered where the case says nothing of it: the run fails, and says why. */
const NO_ANSWER = "NO_ANSWER";

/** The world of a pack whose tools are simulated: each case says how they answer, call by call. Nothing is reached. */
export function answersWorld({ pack }: CompiledPack): SuiteWorld {
  const script = newScript();
  return {
    tools: Object.values(pack.tools).map((contract) => simulated(contract, script)),
    furnish: async () => undefined,
    arrange: async (one, start) => {
      script.begin(one, start);
      return {};
    },
    settled: async () => NOTHING_SEEN,
    close: async () => undefined,
  };
}

interface Script {
  begin(one: GoldenCase, facts: JsonObject): void;
  next(tool: string): ToolOutcome;
}

/** The answers of the case that is being played, in their order. */
function newScript(): Script {
  let tools: GoldenCase["tools"] = {};
  let facts: JsonObject = {};
  let calls = new Map<string, number>();
  return {
    begin(one, start) {
      tools = one.tools;
      facts = start;
      calls = new Map();
    },
    next(tool) {
      const call = calls.get(tool) ?? 0;
      calls.set(tool, call + 1);
      const answers = tools[tool] ?? [];
      return outcomeOf(tool, answers[Math.min(call, answers.length - 1)], facts);
    },
  };
}

function outcomeOf(tool: string, answer: SimulatedAnswer | undefined, facts: JsonObject): ToolOutcome {
  if (answer === undefined)
    return { kind: "rejected", code: NO_ANSWER, message: `the case does not say what \`${tool}\` answers` };
  if ("rejected" in answer) return { kind: "rejected", ...answer.rejected };
  if ("not_applied" in answer) return { kind: "not_applied", ...answer.not_applied };
  if ("unknown" in answer) return { kind: "unknown", ...answer.unknown };
  if ("fault" in answer) throw new Error(answer.fault);
  const output = filledIn(answer.output, facts);
  return output.ok
    ? { kind: "applied", result: { output: Object(output.value) } }
    : { kind: "rejected", code: NO_ANSWER, message: output.refusal.message };
}

/** A contract with a handler that says what the case says. */
const simulated = (contract: ToolContract, script: Script): Tool => ({
  contract,
  handler: async () => {
    const outcome = script.next(contract.name);
    const movesMoney = outcome.kind === "applied" && contract.side_effect_level === "FINANCIAL";
    return movesMoney ? { ...outcome, result: { ...outcome.result, proof: NOTHING_MOVED } } : outcome;
  },
});

/** A played call moves no money, and its receipt says so: `XXX` is the code of ISO 4217 for no currency. */
const NOTHING_MOVED: EffectProof = {
  provider: "simulated",
  transactionId: "none",
  requestId: null,
  amount: { minor: 0n, currency: "XXX" },
};
