import type { Json } from "../../../../../contracts/index.ts";
import type {
  Arguments,
  Directive,
  Document,
  Operation,
  Selection,
  ValueNode,
  VariableDefinition,
} from "./document.ts";
import { GraphqlSyntaxError, type Token, tokens } from "./lexer.ts";

/** Deeper documents are refused, so that no request can exhaust the stack. */
const DEPTH_MAX = 40;

/** A place in the token stream. It has a life: each parse function moves it on. */
class Cursor {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#tokens = tokens(source);
  }

  peek(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", value: "end of file", offset: 0 };
  }

  next(): Token {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  sees(value: string): boolean {
    const token = this.peek();
    return token.kind !== "text" && token.value === value;
  }

  /** Consumes the token if it is there. */
  takes(value: string): boolean {
    const seen = this.sees(value);
    if (seen) this.#at += 1;
    return seen;
  }

  expect(value: string): void {
    if (!this.takes(value)) throw this.unexpected(value);
  }

  name(): string {
    const token = this.next();
    if (token.kind !== "name")
      throw new GraphqlSyntaxError(`syntax error, unexpected ${token.value}, expecting a name`);
    return token.value;
  }

  unexpected(expected: string): GraphqlSyntaxError {
    return new GraphqlSyntaxError(`syntax error, unexpected ${this.peek().value}, expecting ${expected}`);
  }

  /** Items up to the closing token. */
  until<T>(close: string, item: () => T): readonly T[] {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new GraphqlSyntaxError("the document is nested too deeply");
    const items: T[] = [];
    while (!this.takes(close)) {
      if (this.peek().kind === "end") throw this.unexpected(close);
      items.push(item());
    }
    this.#depth -= 1;
    return items;
  }
}

/** Reads an executable document: operations and fragments. Throws `GraphqlSyntaxError`. */
export function parseDocument(source: string): Document {
  const cursor = new Cursor(source);
  const operations: Operation[] = [];
  const fragments = new Map<string, readonly Selection[]>();
  while (cursor.peek().kind !== "end") {
    if (cursor.takes("fragment")) {
      const name = cursor.name();
      cursor.expect("on");
      cursor.name();
      directives(cursor);
      fragments.set(name, selectionSet(cursor));
    } else operations.push(operation(cursor));
  }
  if (operations.length === 0) throw cursor.unexpected("an operation");
  return { operations, fragments };
}

function operation(cursor: Cursor): Operation {
  if (cursor.sees("{")) return { kind: "query", name: undefined, variables: [], selections: selectionSet(cursor) };
  const kind = cursor.name();
  if (kind !== "query" && kind !== "mutation") throw new GraphqlSyntaxError(`syntax error, unexpected ${kind}`);
  const name = cursor.peek().kind === "name" ? cursor.name() : undefined;
  const variables = cursor.takes("(") ? cursor.until(")", () => variable(cursor)) : [];
  directives(cursor);
  return { kind, name, variables, selections: selectionSet(cursor) };
}

function variable(cursor: Cursor): VariableDefinition {
  cursor.expect("$");
  const name = cursor.name();
  cursor.expect(":");
  const type = typeText(cursor);
  const fallback = cursor.takes("=") ? constantOf(value(cursor)) : undefined;
  return { name, type, fallback };
}

function typeText(cursor: Cursor): string {
  const inner = cursor.takes("[") ? `[${listedType(cursor)}]` : cursor.name();
  return cursor.takes("!") ? `${inner}!` : inner;
}

function listedType(cursor: Cursor): string {
  const inner = typeText(cursor);
  cursor.expect("]");
  return inner;
}

function selectionSet(cursor: Cursor): readonly Selection[] {
  cursor.expect("{");
  return cursor.until("}", () => selection(cursor));
}

function selection(cursor: Cursor): Selection {
  if (cursor.takes("...")) return spread(cursor);
  const first = cursor.name();
  const name = cursor.takes(":") ? cursor.name() : first;
  const args = cursor.takes("(") ? argumentsUntil(cursor, ")") : {};
  const applied = directives(cursor);
  const selections = cursor.sees("{") ? selectionSet(cursor) : undefined;
  return { kind: "field", name, alias: first, args, directives: applied, selections };
}

function spread(cursor: Cursor): Selection {
  if (cursor.peek().kind === "name" && !cursor.sees("on")) {
    const fragment = cursor.name();
    directives(cursor);
    return { kind: "spread", fragment };
  }
  const on = cursor.takes("on") ? cursor.name() : undefined;
  directives(cursor);
  return { kind: "inline", on, selections: selectionSet(cursor) };
}

function directives(cursor: Cursor): readonly Directive[] {
  const found: Directive[] = [];
  while (cursor.takes("@")) {
    const name = cursor.name();
    found.push({ name, args: cursor.takes("(") ? argumentsUntil(cursor, ")") : {} });
  }
  return found;
}

function argumentsUntil(cursor: Cursor, close: string): Arguments {
  const entries = cursor.until(close, (): [string, ValueNode] => {
    const name = cursor.name();
    cursor.expect(":");
    return [name, value(cursor)];
  });
  return Object.fromEntries(entries);
}

const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

function value(cursor: Cursor): ValueNode {
  if (cursor.takes("$")) return { kind: "variable", name: cursor.name() };
  if (cursor.takes("[")) return { kind: "list", items: cursor.until("]", () => value(cursor)) };
  if (cursor.takes("{")) return { kind: "object", members: argumentsUntil(cursor, "}") };
  const token = cursor.next();
  if (token.kind === "number") return { kind: "constant", value: Number(token.value) };
  if (token.kind === "text") return { kind: "constant", value: token.value };
  if (token.kind === "name") return { kind: "constant", value: WORDS.get(token.value) ?? enumOrNull(token.value) };
  throw new GraphqlSyntaxError(`syntax error, unexpected ${token.value}, expecting a value`);
}

/** Enum values travel as their names. */
const enumOrNull = (name: string): Json => (name === "null" ? null : name);

function constantOf(node: ValueNode): Json {
  switch (node.kind) {
    case "constant":
      return node.value;
    case "variable":
      throw new GraphqlSyntaxError(`a default value may not use $${node.name}`);
    case "list":
      return node.items.map(constantOf);
    case "object":
      return Object.fromEntries(Object.entries(node.members).map(([name, member]) => [name, constantOf(member)]));
  }
}
