import type { SourceFile } from "./files.ts";
import { piecesOf } from "./piece.ts";

/** An id of the specification in a test's name. */
export interface Mention {
  readonly id: string;
  /** The literal that holds it: the name of a test, or of a row of its table. */
  readonly name: string;
  readonly line: number;
}

/** Whatever begins like an id of ours, well formed or not. */
const CANDIDATE = /\b(?:P\d-[A-Z][A-Za-z0-9-]*\w|INV-\w+|CO-20\.9-\w+)/g;

/** Tests by number, negative ones, risks and compile checks; then requirements, workflows, components and exits; graphs' vectors. */
const ID =
  /^(?:CO-20\.9-\d\d|P\d-[TH]\d\d(?:-(?:NEG|ADV)-\d\d)?|P\d-T-(?:CC\d\d|RK\d\d[a-z]|(?:CONC|ISO|ENTRY|EXIT)-\d\d)|P\d-(?:[RCD]|WF|TC|TR|RH|OR|TASK-|EXIT-|ENTRY-|CHAOS-)\d\d|INV-\d\d)$/;

export const isSpecId = (text: string): boolean => ID.test(text);

/** Ids in the literals of a file, in order. `P1-T-RK06a/b` and `P1-T01..T03` name the first only: write each out. */
export function mentionsIn({ text }: SourceFile): readonly Mention[] {
  return piecesOf(text)
    .filter(({ kind }) => kind === "string" || kind === "template")
    .flatMap((piece) => {
      const name = piece.text.slice(1, -1);
      return (name.match(CANDIDATE) ?? []).map((id) => ({ id, name, line: piece.line }));
    });
}
