import { z } from "@hono/zod-openapi";
import { assert } from "../../contracts/index.ts";

/** Kinds of answers that are sent as they are made. */
export type StreamMedia = "text/event-stream" | "application/x-ndjson";

/**
 * An answer of any length: frames in, bytes out. The source is asked for the next frame only when the client took the last; it
 * is told through `gone` when there is no client any more. A source that fails cuts the answer off, which no client takes for its end.
 */
export function streamed(frames: unknown, media: StreamMedia, gone: AbortController): Response {
  assert(isFrames(frames), "a stream is answered with frames");
  const source = frames[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await source.next();
      if (next.done === true || gone.signal.aborted) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    cancel() {
      gone.abort();
    },
  });
  return new Response(body, {
    headers: { "content-type": media, "cache-control": "no-store", "x-accel-buffering": "no" },
  });
}

/** The answer of a request that is answered with a stream. */
export const FRAMES = z.custom<AsyncIterable<string>>().openapi({ type: "string" });

const isFrames = (value: unknown): value is AsyncIterable<string> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

/** One event in the wire format of server-sent events; data without line breaks, as JSON has none. */
export const eventFrame = (event: { readonly id: number; readonly name: string; readonly data: unknown }): string =>
  `id: ${event.id}\nevent: ${event.name}\ndata: ${JSON.stringify(event.data)}\n\n`;

/** A comment: it keeps proxies from closing the connection, and clients do not see it. */
export const BEAT_FRAME = ": beat\n\n";
