import { compilePack, type Finding, findingText, type PackError, parsePack } from "../run/index.ts";

/** What is known of a pack's text: what the API answers to `/v1/check`. */
export interface PackCheck {
  readonly ok: boolean;
  /** SHA-256 that runs are pinned to; null unless it compiled. */
  readonly digest: string | null;
  readonly pack_id: string | null;
  readonly version: string | null;
  readonly workflows: readonly string[];
  readonly errors: readonly (PackError | Finding)[];
  readonly warnings: readonly Finding[];
  /** The findings of the compile checks, a line each. */
  readonly text: string;
}

const NOTHING = { digest: null, pack_id: null, version: null, workflows: [], warnings: [] } as const;

/** Reads a pack and, when it can be read, runs the four compile checks. Needs no database. */
export function checkPack(source: string): PackCheck {
  const parsed = parsePack(source);
  if (!parsed.ok)
    return { ...NOTHING, ok: false, errors: parsed.errors, text: parsed.errors.map(errorText).join("\n") };
  const compilation = compilePack(parsed.pack);
  const { warnings } = compilation;
  if (!compilation.ok) {
    const { errors } = compilation;
    return { ...NOTHING, ok: false, errors, warnings, text: [...errors, ...warnings].map(findingText).join("\n") };
  }
  const { pack, config_hash } = compilation.compiled;
  return {
    ok: true,
    digest: config_hash,
    pack_id: pack.id,
    version: pack.version,
    workflows: pack.workflows.map(({ id }) => id),
    errors: [],
    warnings,
    text: warnings.map(findingText).join("\n"),
  };
}

const errorText = ({ path, message }: PackError): string => `[pack] ${path} ${message}`;
