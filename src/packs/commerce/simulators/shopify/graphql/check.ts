import type { Document, FieldNode, Operation, Selection } from "./document.ts";
import { fieldsOf, GraphqlRequestError } from "./execute.ts";

/** Types by name, each with its fields; a field's value is the name of its type, or `Leaf`. */
export type Schema = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Reads `Type: field other:OtherType` lines; a field without a type is a leaf. */
export function schemaOf(text: string): Schema {
  const types = text
    .trim()
    .split("\n")
    .map((line): [string, Readonly<Record<string, string>>] => {
      const [type = "", ...fields] = line.trim().split(/\s+/);
      const entries = fields.map((field): [string, string] => {
        const [name = "", of = "Leaf"] = field.split(":");
        return [name, of];
      });
      return [type.replace(/:$/, ""), Object.fromEntries([...entries, ["__typename", "Leaf"]])];
    });
  return Object.fromEntries(types);
}

export interface ApiShape {
  readonly schema: Schema;
  /** Root fields with the arguments that they require. */
  readonly required: Readonly<Record<string, readonly string[]>>;
}

/** Refuses, before anything runs, an operation that selects what the types do not have. */
export function checkOperation(operation: Operation, document: Document, { schema, required }: ApiShape): void {
  const root = operation.kind === "query" ? "QueryRoot" : "Mutation";
  checkSelections(operation.selections, root, { schema, document });
  for (const field of fieldsOf(operation.selections, document)) checkArguments(field, required[field.name] ?? []);
}

function checkArguments(field: FieldNode, required: readonly string[]): void {
  const absent = required.filter((name) => !Object.hasOwn(field.args, name));
  if (absent.length === 0) return;
  throw new GraphqlRequestError({
    message: `Field '${field.name}' is missing required arguments: ${absent.join(", ")}`,
    extensions: { code: "missingRequiredArguments", name: field.name, arguments: absent.join(", ") },
  });
}

interface Against {
  readonly schema: Schema;
  readonly document: Document;
}

function checkSelections(selections: readonly Selection[], type: string, against: Against): void {
  for (const field of fieldsOf(selections, against.document)) checkField(field, type, against);
}

function checkField(field: FieldNode, type: string, against: Against): void {
  const fields = against.schema[type] ?? {};
  const of = Object.hasOwn(fields, field.name) ? fields[field.name] : undefined;
  if (of === undefined)
    throw new GraphqlRequestError({
      message: `Field '${field.name}' doesn't exist on type '${type}'`,
      extensions: { code: "undefinedField", typeName: type, fieldName: field.name },
    });
  const isLeaf = of === "Leaf";
  if (isLeaf === (field.selections === undefined)) {
    if (field.selections !== undefined) checkSelections(field.selections, of, against);
    return;
  }
  const message = isLeaf
    ? `Selections can't be made on scalars (field '${field.name}')`
    : `Field must have selections (field '${field.name}' returns ${of} but has no selections)`;
  throw new GraphqlRequestError({
    message,
    extensions: { code: "selectionMismatch", nodeName: `field '${field.name}'` },
  });
}
