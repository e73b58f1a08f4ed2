import { ApiError } from "./client.ts";

/** One server-sent event. */
export interface Frame {
  readonly name: string;
  readonly data: string;
}

/** What of a text are whole frames, and what is left of it. */
export function framesIn(text: string): { readonly frames: readonly Frame[]; readonly rest: string } {
  const parts = text.split("\n\n");
  const rest = parts.pop() ?? "";
  const frames = parts.flatMap((part) => {
    const name = /^event: (.*)$/m.exec(part)?.[1];
    const data = /^data: (.*)$/m.exec(part)?.[1];
    return name === undefined || data === undefined ? [] : [{ name, data }];
  });
  return { frames, rest };
}

/** Hears a tenant's stream to its end. Throws `ApiError` where it is refused or breaks off. */
export async function hear(
  { tenant, path, signal }: { readonly tenant: string; readonly path: string; readonly signal: AbortSignal },
  tell: (frame: Frame) => void,
): Promise<void> {
  const response = await fetch(path, { headers: { "console-tenant": tenant }, signal }).catch(lost);
  if (!response.ok || response.body === null) throw new ApiError(await response.json(), response.status);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let read = await reader.read().catch(lost); !read.done; read = await reader.read().catch(lost)) {
    const { frames, rest } = framesIn(text + read.value);
    text = rest;
    for (const frame of frames) tell(frame);
  }
}

function lost(): never {
  throw new ApiError({ code: "UNREACHABLE", detail: "the server cannot be reached", remedy: "is it running?" }, 0);
}
