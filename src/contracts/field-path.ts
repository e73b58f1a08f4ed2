const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** One step of a field path: `.name`, `["odd name"]` or `[3]`. A path is `$` followed by its steps. */
export function pathStep(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return IDENTIFIER.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** The field path of a list of steps, such as `$.lines[0].quantity`. */
export const fieldPath = (steps: readonly (string | number)[]): string => `$${steps.map(pathStep).join("")}`;
