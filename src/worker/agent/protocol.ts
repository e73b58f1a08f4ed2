import type { Json, JsonObject } from "../../contracts/index.ts";

/** What passes between a worker and the process in which it runs a graph. The worker never believes more than it can check. */

/** How the graph is entered. `continue` takes up a thread where its last checkpoint left it. */
export type GraphEntry =
  | { readonly kind: "input"; readonly input: Json }
  | { readonly kind: "continue" }
  | { readonly kind: "resume"; readonly interruptId: string; readonly value: JsonObject };

/** A tool as the graph sees it: calling it asks the worker. */
export interface InjectedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

/** A node of the graph, and how long one execution of it may take; null for as long as the process runs. */
export interface NodeBounds {
  readonly name: string;
  readonly timeoutMs: number | null;
}

/** The first and only order to the process. */
export interface GraphStart {
  /** `file:` URL of the module, and the name under which it exports the graph or what makes it. */
  readonly module: string;
  readonly exportName: string;
  readonly threadId: string;
  readonly recursionLimit: number;
  /** Nodes that the manifest names; a graph with any other is not run. */
  readonly nodes: readonly NodeBounds[];
  readonly tools: readonly InjectedTool[];
  readonly entry: GraphEntry;
}

/** A serialised value: the serialiser's type, and the content in base64. */
export interface Packed {
  readonly type: string;
  readonly content: string;
}

/** Where in a graph something happens. */
export interface GraphPlace {
  readonly checkpointNs: string;
  readonly checkpointId: string;
  /** The library's id of the node's execution: the same when it is executed again from the same checkpoint. */
  readonly lgTaskId: string;
}

export interface StoredCheckpoint {
  readonly checkpointNs: string;
  readonly checkpointId: string;
  readonly parentCheckpointId: string | null;
  readonly checkpoint: Packed;
  readonly metadata: Packed;
  readonly writes: readonly StoredWrite[];
}

export interface StoredWrite {
  readonly lgTaskId: string;
  readonly channel: string;
  readonly value: Packed;
}

export interface NewWrite {
  readonly idx: number;
  readonly channel: string;
  readonly value: Packed;
  /** The question in an interrupt's write, for the person who is asked. */
  readonly interrupt: { readonly id: string; readonly value: Json } | null;
}

/** What the process asks of the worker. */
export type GraphRequest =
  | ({ readonly op: "put"; readonly source: string; readonly graphStep: number } & Omit<StoredCheckpoint, "writes">)
  | ({ readonly op: "putWrites"; readonly writes: readonly NewWrite[] } & GraphPlace)
  | { readonly op: "getTuple"; readonly checkpointNs: string; readonly checkpointId: string | null }
  | {
      readonly op: "list";
      readonly checkpointNs: string | null;
      readonly before: string | null;
      readonly limit: number;
    }
  | ({ readonly op: "call"; readonly node: string; readonly tool: string; readonly input: Json } & GraphPlace)
  | {
      readonly op: "fetch";
      readonly url: string;
      readonly method: string;
      readonly headers: readonly (readonly [string, string])[];
      readonly body: string | null;
    }
  | { readonly op: "denied"; readonly what: string };

export interface FetchAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** What each request is answered with. */
export interface GraphAnswers {
  readonly put: null;
  readonly putWrites: null;
  readonly getTuple: StoredCheckpoint | null;
  readonly list: readonly StoredCheckpoint[];
  readonly call: Json;
  readonly fetch: FetchAnswer;
  readonly denied: null;
}

/** How an invocation ended. */
export type GraphEnd =
  | { readonly status: "completed"; readonly output: Json }
  | { readonly status: "interrupted" }
  | { readonly status: "failed"; readonly code: string; readonly message: string };

export type FromGraph =
  | { readonly kind: "request"; readonly id: number; readonly request: GraphRequest }
  | { readonly kind: "end"; readonly end: GraphEnd };

export type ToGraph =
  | { readonly kind: "start"; readonly start: GraphStart }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "refusal"; readonly id: number; readonly code: string; readonly message: string };
