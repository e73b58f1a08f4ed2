import type { Json } from "../../contracts/index.ts";
import { type Ahead, afterElement, afterMember, indexEnd, isMatch, namesAhead, type Rest, startOf } from "./ahead.ts";
import {
  type Declared,
  declaredBy,
  declaredElement,
  declaredMember,
  declaredNames,
  hasPatterns,
  isIdentifier,
  positionCount,
} from "./declared.ts";

/**
 * Where a walk through a document stands, and what the contract says about it. Places form a finite automaton, built as
 * documents visit it: a path with `**` and a recursive schema lead back to a place that is known already.
 */
export interface Place {
  /** A scalar here is kept. */
  readonly keepsScalar: boolean;
  /** A container here is kept, with what of it is kept in turn. */
  readonly keepsContainer: boolean;
  readonly isSensitive: boolean;
  readonly isIdentifier: boolean;
  /** Whether a name is the contract's own, so that it needs no scan. */
  readonly isDeclared: (name: string) => boolean;
  readonly member: (name: string) => Place;
  readonly element: (index: number) => Place;
}

/** What places are made from. `allowlist` null: what the schema declares is kept. */
export interface PlaceSource {
  readonly schema: Json;
  readonly sensitive: readonly Rest[];
  readonly allowlist: readonly Rest[] | null;
}

interface State {
  readonly declared: Declared;
  readonly sensitive: Ahead;
  /** `inside`: within an allowed part; `declared`: there is no allow-list. */
  readonly allowed: Ahead | "inside" | "declared";
}

type PlaceOf = (state: State) => Place;

/** The place of the whole document. */
export function rootPlace({ schema, sensitive, allowlist }: PlaceSource): Place {
  const known = new Map<string, Place>();
  const numbers = new Map<object, number>();
  const numberOf = (part: object): number => {
    const number = numbers.get(part) ?? numbers.size;
    numbers.set(part, number);
    return number;
  };
  const placeOf = (state: State): Place => {
    const key = JSON.stringify([state.declared.map(numberOf), state.sensitive, state.allowed]);
    const place = known.get(key) ?? makePlace(state, schema, placeOf);
    known.set(key, place);
    return place;
  };
  return placeOf({
    declared: declaredBy(schema, schema),
    sensitive: startOf(sensitive),
    allowed: allowlist === null ? "declared" : narrowed(startOf(allowlist)),
  });
}

function makePlace(state: State, root: Json, placeOf: PlaceOf): Place {
  const names = new Set([
    ...declaredNames(state.declared),
    ...namesAhead(state.sensitive),
    ...(typeof state.allowed === "string" ? [] : namesAhead(state.allowed)),
  ]);
  return {
    keepsScalar: state.allowed === "declared" ? state.declared.length > 0 : state.allowed === "inside",
    keepsContainer: state.allowed === "declared" ? state.declared.length > 0 : state.allowed.length > 0,
    isSensitive: isMatch(state.sensitive),
    isIdentifier: isIdentifier(state.declared),
    isDeclared: (name) => names.has(name),
    member: memberPlaces({ names, state, root, placeOf }),
    element: elementPlaces({ state, root, placeOf }),
  };
}

interface Step {
  readonly state: State;
  readonly root: Json;
  readonly placeOf: PlaceOf;
}

/** Every name that neither schema nor paths mention leads to one place, so foreign names cannot fill the memory. */
function memberPlaces({ names, state, root, placeOf }: Step & { names: ReadonlySet<string> }): Place["member"] {
  const places = new Map<string, Place>();
  const isByPattern = hasPatterns(state.declared);
  const placeAfter = (name: string): Place =>
    placeOf({
      declared: declaredMember(state.declared, name, root),
      sensitive: afterMember(state.sensitive, name),
      allowed: typeof state.allowed === "string" ? state.allowed : narrowed(afterMember(state.allowed, name)),
    });
  let foreign: Place | undefined;
  return (name) => {
    const known = places.get(name);
    if (known !== undefined) return known;
    if (!names.has(name)) {
      if (isByPattern) return placeAfter(name);
      foreign ??= placeAfter(name);
      return foreign;
    }
    const place = placeAfter(name);
    places.set(name, place);
    return place;
  };
}

function elementPlaces({ state, root, placeOf }: Step): Place["element"] {
  const places = new Map<number, Place>();
  const allowed = typeof state.allowed === "string" ? [] : state.allowed;
  const distinct = Math.max(positionCount(state.declared), indexEnd(state.sensitive), indexEnd(allowed));
  return (index) => {
    const alike = Math.min(index, distinct);
    const known = places.get(alike);
    if (known !== undefined) return known;
    const place = placeOf({
      declared: declaredElement(state.declared, alike, root),
      sensitive: afterElement(state.sensitive, alike),
      allowed: typeof state.allowed === "string" ? state.allowed : narrowed(afterElement(state.allowed, alike)),
    });
    places.set(alike, place);
    return place;
  };
}

const narrowed = (ahead: Ahead): Ahead | "inside" => (isMatch(ahead) ? "inside" : ahead);
