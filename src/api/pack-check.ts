import { type CompiledPack, compilePack, type Finding, findingText, type PackError, parsePack } from "../run/index.ts";

/** One thing wrong with a pack, or worth knowing, and where. */
export interface CheckFinding {
  readonly code: string;
  readonly message: string;
  /** Such as `$.workflows[0].steps[2]`. */
  readonly path: string;
  /** From 1; null for what no one line is to blame for. */
  readonly line: number | null;
  readonly column: number | null;
  /** The compile check that found it; null where the text could not be read at all. */
  readonly check_id: string | null;
}

export interface PackCheck {
  /** The compiled pack; null where there are errors. */
  readonly compiled: CompiledPack | null;
  readonly errors: readonly CheckFinding[];
  readonly warnings: readonly CheckFinding[];
  /** The same for people, a line each. */
  readonly text: string;
}

/** Reads a pack's text and runs its compile checks. Pure. */
export function checkPack(document: string): PackCheck {
  const parsed = parsePack(document);
  if (!parsed.ok) {
    return {
      compiled: null,
      errors: parsed.errors.map(ofError),
      warnings: [],
      text: lines(parsed.errors.map(errorText)),
    };
  }
  const compilation = compilePack(parsed.pack);
  const errors = compilation.ok ? [] : compilation.errors;
  const warnings = compilation.warnings.map(ofFinding);
  const text = lines([...errors.map(findingText), ...compilation.warnings.map((one) => `warning ${findingText(one)}`)]);
  return { compiled: compilation.ok ? compilation.compiled : null, errors: errors.map(ofFinding), warnings, text };
}

const ofError = ({ code, message, path, line, column }: PackError): CheckFinding => ({
  code,
  message,
  path,
  line,
  column,
  check_id: null,
});

const ofFinding = ({ code, message, path, check_id }: Finding): CheckFinding => ({
  code,
  message,
  path,
  line: null,
  column: null,
  check_id,
});

const errorText = ({ line, column, path, message }: PackError): string =>
  line === null ? `${path}: ${message}` : `${line}:${column ?? 1} ${path}: ${message}`;

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join("");
