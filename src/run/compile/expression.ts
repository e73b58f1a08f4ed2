import { compileCondition, evaluateCondition, type JsonObject, type Result } from "../../contracts/index.ts";
import type { Expression } from "../compiled.ts";

/** A condition over a run's document, checked against the document's schema where one is given. */
export function compileExpression(text: string, schema?: JsonObject): Result<Expression> {
  const compiled = compileCondition(text, schema);
  if (!compiled.ok) return compiled;
  return { ok: true, value: (state, now) => evaluateCondition(compiled.condition, { state, now }) };
}
