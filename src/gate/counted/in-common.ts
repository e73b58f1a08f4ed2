import { both, conjuncts, type Predicate } from "./predicate.ts";

/** Predicates, and what they have in common: each holds where `all` holds and what is left of it does. */
export interface InCommon {
  /** What every one of them asks. */
  readonly all: Predicate;
  /** What several of them ask, each once under the name of a column of booleans. */
  readonly named: readonly { readonly name: string; readonly where: Predicate }[];
  /** What is left of each, by those names. */
  readonly left: readonly Predicate[];
}

/**
 * Takes apart what many counts ask of the same rows. A database that is given them as they are asks a row the same thing once for each
 * of them, which took four times as long as counting by hand. Whatever a part says of a row, true, false or null, the whole says the same:
 * parts only change their places under `and` and `or`.
 */
export function inCommon(wheres: readonly Predicate[]): InCommon {
  const parts = wheres.map((where) => new Map(conjuncts(where).map((part) => [JSON.stringify(part), part])));
  const askers = (text: string) => parts.flatMap((own, index) => (own.has(text) ? [index] : []));
  const groups = new Map<string, { readonly by: readonly number[]; readonly asked: Predicate[] }>();
  for (const [text, part] of new Map(parts.flatMap((own) => [...own]))) {
    const by = askers(text);
    const group = groups.get(by.join()) ?? { by, asked: [] };
    groups.set(by.join(), group);
    group.asked.push(part);
  }
  const several = [...groups.values()].map(({ by, asked }) => ({ by, where: both(...asked) }));
  const named = several
    .filter(({ by }) => by.length > 1 && by.length < wheres.length)
    .map((one, index) => ({ ...one, name: String(index) })); // no column of a policy begins with a digit
  return {
    all: both(...several.filter(({ by }) => by.length === wheres.length).map(({ where }) => where)),
    named,
    left: wheres.map((_, index) => {
      const own = several.filter(({ by }) => by.length === 1 && by.length < wheres.length && by[0] === index);
      const held = named.filter(({ by }) => by.includes(index));
      return both(
        ...held.map(({ name }): Predicate => ({ kind: "holds", column: name })),
        ...own.map(({ where }) => where),
      );
    }),
  };
}
