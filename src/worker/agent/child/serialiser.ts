import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { GuardRefused } from "./host.ts";

/**
 * Checkpoints hold plain JSON and the messages of conversations, which are more than that: as plain JSON they would lose
 * their tool calls. No other class is written or made again from what was stored.
 */
const REVIVED: ReadonlySet<string> = new Set([
  "AIMessage",
  "AIMessageChunk",
  "ChatMessage",
  "FunctionMessage",
  "HumanMessage",
  "RemoveMessage",
  "SystemMessage",
  "ToolMessage",
]);

export class MessageSerialiser implements SerializerProtocol {
  readonly #library: SerializerProtocol;

  constructor(library: SerializerProtocol) {
    this.#library = library;
  }

  async dumpsTyped(value: unknown): Promise<[string, Uint8Array]> {
    const [type, content] = await this.#library.dumpsTyped(value);
    if (type === "json") assertRevivable(parsed(content));
    return [type, content];
  }

  async loadsTyped(type: string, content: Uint8Array | string): Promise<unknown> {
    if (type === "json") assertRevivable(parsed(content));
    return this.#library.loadsTyped(type, content);
  }
}

const parsed = (content: Uint8Array | string): unknown =>
  JSON.parse(typeof content === "string" ? content : Buffer.from(content).toString("utf8"));

function assertRevivable(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if ("lc" in value && value.lc === 1 && !isMessage(value))
    throw new GuardRefused("E_CHECKPOINT_INVALID", "a graph's state holds plain JSON and messages, nothing else");
  for (const member of Object.values(value)) assertRevivable(member);
}

function isMessage(value: object): boolean {
  if (!("type" in value) || value.type !== "constructor" || !("id" in value) || !Array.isArray(value.id)) return false;
  const [library, module, name, ...rest] = value.id.map(String);
  return library === "langchain_core" && module === "messages" && rest.length === 0 && REVIVED.has(name ?? "");
}
