import { Fault, type Problem, problemOf, type Refusal } from "../../contracts/index.ts";

/** A refusal or a fault as `application/problem+json` (RFC 9457); the status is the one of its code. */
export function problemResponse(reason: Refusal | Fault): Response {
  const problem = problemOf(reason);
  return new Response(JSON.stringify(problem), { status: problem.status, headers: headersOf(problem) });
}

/** What somebody may know of a thing that nobody foresaw: that it happened. */
const unforeseen = (): Response => problemResponse({ code: "INTERNAL", message: "the request could not be served" });

function headersOf(problem: Problem): Headers {
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" });
  if (problem.status === 401) headers.set("www-authenticate", 'Bearer realm="countermark"');
  const seconds = retryAfterSeconds(problem);
  if (seconds !== null) headers.set("retry-after", String(seconds));
  return headers;
}

function retryAfterSeconds({ retry_after_ms, details }: Problem): number | null {
  if (retry_after_ms !== undefined) return Math.ceil(retry_after_ms / 1000);
  const seconds = details?.retry_after_seconds;
  return typeof seconds === "number" ? seconds : null;
}

/** An error that a handler threw: a fault has a code to tell, anything else is a bug and tells nothing. */
export const errorResponse = (error: unknown): Response =>
  error instanceof Fault ? problemResponse(error) : unforeseen();
