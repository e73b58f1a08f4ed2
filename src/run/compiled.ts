import type { Instant, JsonObject, Result } from "../contracts/index.ts";
import type { Pack, StepDefinition, WorkflowDefinition } from "./definition.ts";
import type { CompiledMapping } from "./mapping.ts";

/** A compiled condition: pure in the document and the clock, which is the run's start. */
export type Expression = (document: JsonObject, now: Instant) => Result<boolean>;

/** Which tool a step calls. `reads`: the tool is READ, so a call of it may be dropped at any moment. */
export interface CallTarget {
  readonly tool: string;
  readonly version: string;
  readonly reads: boolean;
  readonly input: CompiledMapping;
}

/** A step with everything looked up that the machine would otherwise search for. */
export interface CompiledStep {
  readonly definition: StepDefinition;
  /** The PARALLEL step in one of whose branches this step lies; null on the main path. */
  readonly parallel: string | null;
  /** What the step calls: the tool of TOOL and COMPENSATION, the poll tool of a POLL; else null. */
  readonly call: CallTarget | null;
  /** What undoes the step, or null. */
  readonly undo: CallTarget | null;
  /** Tools that the graph of an AGENT step may only propose; of other steps none. */
  readonly proposes: readonly string[];
  /** BRANCH condition, `hitl_condition` or `poll_condition`; null where the step has none. */
  readonly condition: Expression | null;
  /** Input of START_RUN; `entity_id` of a WEBHOOK wait under the one parameter `entity_id`. */
  readonly input: CompiledMapping;
}

export interface CompiledWorkflow {
  readonly id: string;
  readonly definition: WorkflowDefinition;
  readonly entry: string;
  readonly steps: { readonly [step: string]: CompiledStep };
  readonly passCriteria: Expression;
  /** Checks a trigger's payload and fills in the schema's defaults. */
  readonly parseTrigger: (payload: JsonObject) => Result<JsonObject>;
}

/** A pack that passed its compile checks. Deep-frozen. */
export interface CompiledPack {
  readonly pack: Pack;
  /** SHA-256 of the RFC 8785 form of the pack, defaults filled in. */
  readonly config_hash: string;
  readonly workflows: { readonly [id: string]: CompiledWorkflow };
}
