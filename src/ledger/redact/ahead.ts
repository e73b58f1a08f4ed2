import { type Annotation, compileAnnotation } from "../../contracts/index.ts";

/** What is left of an annotation path from some place on; nothing left is a match. */
export type Rest = Annotation["steps"];

type Step = Rest[number];

/** Reads an annotation path (`compileAnnotation`), or `$` for the whole document; `undefined` when the text is none. */
export const parseAnnotation = (text: string): Rest | undefined => (text === "$" ? [] : compileAnnotation(text)?.steps);

/** What may still follow on each path that has matched so far, without doubles. */
export type Ahead = readonly Rest[];

/** Everything that may follow at the start of the document. */
export const startOf = (paths: readonly Rest[]): Ahead => closed(paths);

/** What may follow after a member of this name. */
export const afterMember = (ahead: Ahead, name: string): Ahead =>
  after(ahead, (step) => step.kind === "member" && step.name === name);

/** What may follow after the element at this index. */
export const afterElement = (ahead: Ahead, index: number): Ahead =>
  after(ahead, (step) => step.kind === "elements" || (step.kind === "element" && step.index === index));

/** Whether some path ends here. */
export const isMatch = (ahead: Ahead): boolean => ahead.some((rest) => rest.length === 0);

/** The names that a path asks for next; every other name leads to one and the same place. */
export const namesAhead = (ahead: Ahead): readonly string[] =>
  ahead.flatMap(([step]) => (step?.kind === "member" ? [step.name] : []));

/** From this index on, all elements lead to one and the same place. */
export const indexEnd = (ahead: Ahead): number =>
  Math.max(0, ...ahead.map(([step]) => (step?.kind === "element" ? step.index + 1 : 0)));

function after(ahead: Ahead, takes: (step: Step) => boolean): Ahead {
  return closed(
    ahead.flatMap((rest) => {
      const [step, ...following] = rest;
      if (step === undefined) return [];
      if (step.kind === "levels") return [rest];
      return takes(step) ? [following] : [];
    }),
  );
}

/** Adds what follows each leading `**`, which may stand for nothing. */
function closed(ahead: Ahead): Ahead {
  const distinct = new Map<string, Rest>();
  for (const path of ahead) {
    for (let rest = path; ; rest = rest.slice(1)) {
      distinct.set(JSON.stringify(rest), rest);
      if (rest[0]?.kind !== "levels") break;
    }
  }
  return [...distinct.values()];
}
