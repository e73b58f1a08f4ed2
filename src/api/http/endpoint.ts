import { z } from "@hono/zod-openapi";
import { accepted, fieldPath, type Json, type Result, rejected } from "../../contracts/index.ts";
import type { OidcIssuer } from "../console/oidc.ts";
import type { SignInCodes } from "../console/sign-in-codes.ts";
import type { Installation } from "../installation.ts";
import type { Caller } from "./caller.ts";
import type { StreamMedia } from "./event-stream.ts";
import type { Right } from "./rights.ts";

/** One authenticated request, as handlers see it. */
export interface Call {
  readonly installation: Installation;
  readonly caller: Caller;
  /** Unique per request; the same for every repetition under one Idempotency-Key, so what it names is made once. */
  readonly requestId: string;
  /** Tells this process's worker that something became due. */
  readonly nudge: () => void;
  /** Links by which browsers sign in. */
  readonly signInCodes: SignInCodes;
  /** Where people may sign in without a key; null where that is not configured. */
  readonly issuer: OidcIssuer | null;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  readonly header: (name: string) => string | undefined;
}

interface RequestShape {
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodType;
}

/** A request that carries nothing; spread it and replace what one does carry. */
export const NOTHING = { params: z.strictObject({}), query: z.strictObject({}), body: z.strictObject({}) } as const;

type InputOf<S extends RequestShape> = {
  readonly [Part in keyof RequestShape]: z.output<S[Part]>;
};

export interface Answer<A> {
  readonly status: number;
  readonly body: A;
}

export type Reply<A> = Result<Answer<A>>;

/** A reply that passed; 200 unless told. */
export const reply = <A>(body: A, status = 200): Reply<A> => accepted({ status, body });

interface DeclaredEndpoint<S extends RequestShape, A> {
  readonly method: "get" | "post";
  /** Parameters in braces, as OpenAPI writes them. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /** Any one of these rights suffices. */
  readonly needs: readonly Right[];
  readonly request: S;
  /** What each status of success means. */
  readonly statuses: { readonly [status: number]: string };
  readonly answer: z.ZodType<A>;
  readonly media?: "application/json" | StreamMedia;
  /** Whether a repetition under one Idempotency-Key gets the stored answer. Never where an answer holds a secret. */
  readonly idempotent?: boolean;
  handle(call: Call, input: InputOf<S>): Promise<Reply<A>>;
}

/** The parts of a request before they are parsed. */
export interface RawInput {
  readonly params: { readonly [name: string]: string };
  readonly query: { readonly [name: string]: string };
  readonly body: Json;
}

/** A declared request: what the document says of it, and how it is served. */
export interface Endpoint<A = unknown> extends Omit<DeclaredEndpoint<RequestShape, A>, "handle"> {
  readonly idempotent: boolean;
  readonly media: "application/json" | StreamMedia;
  readonly serve: (call: Call, raw: RawInput) => Promise<Reply<A>>;
}

/** Declares a request once; its schemas parse what comes in, type what its handler sees, and are printed in the document. */
export function endpoint<S extends RequestShape, A>(declared: DeclaredEndpoint<S, A>): Endpoint<A> {
  const { handle, request, ...rest } = declared;
  return {
    media: "application/json",
    idempotent: false,
    ...rest,
    request,
    async serve(call, raw) {
      const params = parsedPart<S["params"]>(request.params, raw.params);
      if (!params.ok) return params;
      const query = parsedPart<S["query"]>(request.query, raw.query);
      if (!query.ok) return query;
      const body = parsedPart<S["body"]>(request.body, raw.body);
      if (!body.ok) return body;
      return handle(call, { params: params.value, query: query.value, body: body.value });
    },
  };
}

function parsedPart<P extends z.ZodType>(schema: P, raw: unknown): Result<z.output<P>> {
  const parsed = schema.safeParse(raw, { error: messageOf });
  if (parsed.success) return accepted(parsed.data);
  const [issue] = parsed.error.issues;
  const steps = (issue?.path ?? []).filter((step) => typeof step !== "symbol");
  if (issue?.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return invalid([...steps, key], `there is no field \`${key}\``);
  }
  return invalid(steps, issue?.message ?? "is not valid");
}

function invalid(steps: readonly (string | number)[], problem: string) {
  const field_path = fieldPath(steps);
  return rejected({ code: "REQUEST_INVALID", message: `\`${field_path}\`: ${problem}`, field_path });
}

function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && issue.code !== "custom") return "is required";
  return undefined;
}
