import { assert, type Json, type JsonObject } from "../../../../../contracts/index.ts";
import type { Document, FieldNode, Operation, Selection, ValueNode } from "./document.ts";

/** What can be selected from: plain JSON whose members may also be functions of the field's arguments. */
export type View = null | boolean | number | string | readonly View[] | ViewObject;

export interface ViewObject {
  readonly __typename: string;
  readonly [member: string]: View | ((args: JsonObject) => View);
}

/** A top-level error of a GraphQL answer. */
export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly string[];
  readonly extensions: JsonObject;
}

/** A request that cannot be executed as written. */
export class GraphqlRequestError extends Error {
  readonly error: GraphqlError;

  constructor(error: GraphqlError) {
    super(error.message);
    this.error = error;
  }
}

export interface Scope {
  readonly document: Document;
  readonly variables: JsonObject;
}

/** Gives the variables their defaults, and refuses a missing required one as Shopify does. */
export function boundVariables(operation: Operation, given: JsonObject): JsonObject {
  const entries = operation.variables.map(({ name, type, fallback }): [string, Json] => {
    const value = given[name] ?? fallback ?? null;
    if (value === null && type.endsWith("!"))
      throw new GraphqlRequestError({
        message: `Variable $${name} of type ${type} was provided invalid value`,
        extensions: { value: null, problems: [{ path: [], explanation: "Expected value to not be null" }] },
      });
    return [name, value];
  });
  return Object.fromEntries(entries);
}

/** The value of an argument, with variables put in. */
function valueIn(node: ValueNode, variables: JsonObject): Json {
  switch (node.kind) {
    case "constant":
      return node.value;
    case "variable":
      return variables[node.name] ?? null;
    case "list":
      return node.items.map((item) => valueIn(item, variables));
    case "object":
      return argumentsOf(node.members, variables);
  }
}

export const argumentsOf = (members: Readonly<Record<string, ValueNode>>, variables: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(members).map(([name, node]) => [name, valueIn(node, variables)]));

/** The fields of a selection, fragments spread. */
export const fieldsOf = (
  selections: readonly Selection[],
  document: Document,
  seen: readonly string[] = [],
): readonly FieldNode[] => selections.flatMap((selection) => spreadOut(selection, document, seen));

function spreadOut(selection: Selection, document: Document, seen: readonly string[]): readonly FieldNode[] {
  switch (selection.kind) {
    case "field":
      return [selection];
    case "inline":
      return fieldsOf(selection.selections, document, seen);
    case "spread": {
      const { fragment } = selection;
      const body = document.fragments.get(fragment);
      if (body === undefined || seen.includes(fragment))
        throw new GraphqlRequestError({ message: `Fragment ${fragment} was used, but not defined`, extensions: {} });
      return fieldsOf(body, document, [...seen, fragment]);
    }
  }
}

/** Picks from a view what is selected; the selection was checked against the schema before. */
export function project(view: View, selections: readonly Selection[] | undefined, scope: Scope): Json {
  if (view === null || typeof view !== "object") return view;
  if (isViewList(view)) return view.map((item) => project(item, selections, scope));
  const entries = fieldsOf(selections ?? [], scope.document).map((field): [string, Json] => [
    field.alias,
    project(member(view, field, scope), field.selections, scope),
  ]);
  return Object.fromEntries(entries);
}

const isViewList = (view: readonly View[] | ViewObject): view is readonly View[] => Array.isArray(view);

/** The value of one field of a view. */
export function member(view: ViewObject, field: FieldNode, { variables }: Scope): View {
  const found = Object.hasOwn(view, field.name) ? view[field.name] : undefined;
  assert(found !== undefined, `the view of ${view.__typename} has every field of its type`);
  return typeof found === "function" ? found(argumentsOf(field.args, variables)) : found;
}
