/** Statuses whose responses have no body, and which `Response` refuses to build with one. */
const WITHOUT_BODY = new Set([101, 103, 204, 205, 304]);

/**
 * The response with its body cut off after `capBytes`: reading on fails with `refusal()`, and the connection is closed
 * there, so a larger body is neither buffered nor transferred. A declared length above the cap fails at once.
 */
export function capped(response: Response, capBytes: number, refusal: () => Error): Response {
  const declared = Number(response.headers.get("content-length") ?? 0);
  if (declared > capBytes) {
    response.body?.cancel().catch(() => undefined); // the connection is given up either way
    throw refusal();
  }
  if (response.body === null || WITHOUT_BODY.has(response.status)) return response;
  const { status, statusText, headers } = response;
  return new Response(cutOff(response.body, capBytes, refusal), { status, statusText, headers });
}

function cutOff(body: ReadableStream<Uint8Array>, capBytes: number, refusal: () => Error): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let seen = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      seen += value.byteLength;
      if (seen <= capBytes) return controller.enqueue(value);
      controller.error(refusal());
      await reader.cancel();
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
