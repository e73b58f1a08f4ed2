import type { Json } from "../../../../../contracts/index.ts";

/** A value as written in a document; variables are still names. */
export type ValueNode =
  | { readonly kind: "constant"; readonly value: Json }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "list"; readonly items: readonly ValueNode[] }
  | { readonly kind: "object"; readonly members: Arguments };

export type Arguments = Readonly<Record<string, ValueNode>>;

export interface Directive {
  readonly name: string;
  readonly args: Arguments;
}

export type Selection =
  | {
      readonly kind: "field";
      readonly name: string;
      /** The name in the answer. */
      readonly alias: string;
      readonly args: Arguments;
      readonly directives: readonly Directive[];
      /** Undefined for a leaf. */
      readonly selections: readonly Selection[] | undefined;
    }
  | { readonly kind: "spread"; readonly fragment: string }
  | { readonly kind: "inline"; readonly on: string | undefined; readonly selections: readonly Selection[] };

export type FieldNode = Extract<Selection, { kind: "field" }>;

export interface VariableDefinition {
  readonly name: string;
  /** As written, such as `ID!` or `[String!]`. */
  readonly type: string;
  readonly fallback: Json | undefined;
}

export interface Operation {
  readonly kind: "query" | "mutation";
  readonly name: string | undefined;
  readonly variables: readonly VariableDefinition[];
  readonly selections: readonly Selection[];
}

export interface Document {
  readonly operations: readonly Operation[];
  readonly fragments: ReadonlyMap<string, readonly Selection[]>;
}
