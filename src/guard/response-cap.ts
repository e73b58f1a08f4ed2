/** Statuses whose responses have no body, and which `Response` refuses to build with one. */
const WITHOUT_BODY = new Set([101, 103, 204, 205, 304]);

export interface BodyLimit {
  /** Null is no cap. */
  readonly capBytes: number | null;
  /** The error for a body larger than the cap. */
  readonly refusal: () => Error;
  /** The error for a connection that is lost while the body is read. */
  readonly lost: (cause: unknown) => Error;
}

/**
 * The response with its body cut off at the cap: reading on fails with `refusal()`, and the connection is closed there,
 * so a larger body is neither buffered nor transferred. A declared length above the cap fails at once.
 */
export function limited(response: Response, limit: BodyLimit): Response {
  const { capBytes, refusal } = limit;
  if (capBytes !== null && Number(response.headers.get("content-length") ?? 0) > capBytes) {
    response.body?.cancel().catch(() => undefined); // the connection is given up either way
    throw refusal();
  }
  if (response.body === null || WITHOUT_BODY.has(response.status)) return response;
  const { status, statusText, headers } = response;
  return new Response(cutOff(response.body, limit), { status, statusText, headers });
}

function cutOff(body: ReadableStream<Uint8Array>, { capBytes, refusal, lost }: BodyLimit): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let seen = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw lost(cause);
      });
      if (done) return controller.close();
      seen += value.byteLength;
      if (capBytes === null || seen <= capBytes) return controller.enqueue(value);
      controller.error(refusal());
      await reader.cancel();
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
