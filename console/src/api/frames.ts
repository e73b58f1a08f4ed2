import { reach, unreachable } from "./client.ts";

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

interface Asked {
  readonly tenant: string;
  readonly path: string;
  readonly signal: AbortSignal;
  /** Called when the stream is answered, and with every sign of life after. */
  readonly onSign?: () => void;
}

/** Hears a tenant's stream to its end. Throws `ApiError` where it is refused or breaks off. */
export async function hear({ tenant, path, signal, onSign }: Asked, tell: (frame: Frame) => void): Promise<void> {
  const { body } = await reach(tenant, path, { signal });
  onSign?.();
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value = "" } = (await reader?.read().catch(unreachable)) ?? { done: true };
    if (done) return;
    onSign?.();
    const { frames, rest } = framesIn(text + value);
    text = rest;
    for (const frame of frames) tell(frame);
  }
}
