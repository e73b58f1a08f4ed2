import { z } from "zod";
import { parseJson } from "../../contracts/index.ts";
import type { EvidenceFile } from "../derivation.ts";
import { inOrder } from "../measure.ts";
import type { SourceState, Unit } from "../unit.ts";

/** Something that is wrong with evidence: a reason code, what it is about, and what people should know. */
export interface Problem {
  readonly code: string;
  readonly about: string;
  readonly detail: string;
}

/** A document as it was read: its contents, or why it has none. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Problems named of one document; whoever mends these sees the rest. */
const PROBLEMS_MAX = 20;

/** The different texts that came under a name. */
export const textsOf = (files: readonly EvidenceFile[], wanted: string): readonly string[] =>
  [...new Set(files.filter(({ name }) => name === wanted).map(({ text }) => text))].toSorted(inOrder);

/**
 * Reads a document of JSON by its shape. Whatever is wrong with it, or that it is not there, is `CONTRACT.SCHEMA_INVALID`; where
 * several came under its name, it is `STATE.AMBIGUOUS`.
 */
export function readDocument<T>(name: string, texts: readonly string[], shape: z.ZodType<T>): Read<T> {
  const [text] = texts;
  if (text === undefined) return invalid(name, [`there is no file \`${name}\``]);
  if (texts.length > 1)
    return { ok: false, problems: [{ code: "STATE.AMBIGUOUS", about: name, detail: "several files have this name" }] };
  const parsed = parseJson(text);
  if (!parsed.ok) return invalid(name, [parsed.refusal.message]);
  const read = shape.safeParse(parsed.value);
  if (read.success) return { ok: true, value: read.data };
  return invalid(
    name,
    read.error.issues.slice(0, PROBLEMS_MAX).map(({ path, message }) => `${path.join(".")}: ${message}`),
  );
}

const invalid = (about: string, details: readonly string[]): Read<never> => ({
  ok: false,
  problems: details.map((detail) => ({ code: "CONTRACT.SCHEMA_INVALID", about, detail })),
});

/** The run that documents speak of, also where the rest of them cannot be read; empty where they name none. */
export function runNamedIn(texts: readonly string[]): string {
  const named = texts.flatMap((text) => {
    const parsed = parseJson(text);
    const read = z.object({ run_id: z.string() }).safeParse(parsed.ok ? parsed.value : null);
    return read.success ? [read.data.run_id] : [];
  });
  return named[0] ?? "";
}

/** A source is as readable as its document. */
export const stateOf = (read: Read<unknown>): SourceState =>
  read.ok
    ? { state: "complete", detail: "" }
    : { state: "unreadable", detail: read.problems.map(({ detail }) => detail).join("; ") };

/** One unit for each thing that is wrong. */
export function problemUnits(problems: readonly Problem[]): readonly Unit[] {
  const units = problems.map(({ code, about, detail }) =>
    timeless(`${code} ${about} ${detail}`, { code, detail: `${about}: ${detail}` }, [about]),
  );
  return [...new Map(units.map((unit) => [unit.id, unit])).values()].toSorted((a, b) => inOrder(a.id, b.id));
}

/** What a document says, at no instant of its own. */
export const timeless = (id: string, columns: Unit["columns"], rows: readonly string[] = [id]): Unit => ({
  id,
  at: null,
  channel: null,
  rows,
  isValid: true,
  columns,
});
