/** What a page hears: streams that grew; or that it hears again, or no more. */
export type News =
  | { readonly kind: "change"; readonly streams: readonly string[] }
  | { readonly kind: "connected" }
  | { readonly kind: "lost" };

/** Whoever connects or joins hears what grew for so long before: as long as a page that comes may have read already. */
export const LATELY_MS = 10_000;

const RETRY_MS = 1_000;
/** The server sends a sign of life every 15 s; silence for longer is a lost connection. */
const SILENCE_MS = 40_000;

/** Listens to a tenant's changes until it is told to stop, connecting again whenever the stream ends. */
export async function follow(tenant: string, tell: (news: News) => void, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await listen(tenant, tell, stop).catch(() => undefined);
    if (stop.aborted) return;
    tell({ kind: "lost" });
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function listen(tenant: string, tell: (news: News) => void, stop: AbortSignal): Promise<void> {
  const gone = new AbortController();
  stop.addEventListener("abort", () => gone.abort(), { signal: gone.signal });
  let silence = setTimeout(() => gone.abort(), SILENCE_MS);
  try {
    const response = await fetch("/v1/changes", { headers: { "console-tenant": tenant }, signal: gone.signal });
    if (!response.ok || response.body === null) return;
    tell({ kind: "connected" });
    let text = "";
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      clearTimeout(silence);
      silence = setTimeout(() => gone.abort(), SILENCE_MS);
      const frames = (text + read.value).split("\n\n");
      text = frames.pop() ?? "";
      for (const frame of frames) {
        const streams = streamsIn(frame);
        if (streams.length > 0) tell({ kind: "change", streams });
      }
    }
  } finally {
    clearTimeout(silence);
  }
}

/** Names of the streams in a frame `event: change`; none in any other. */
export function streamsIn(frame: string): readonly string[] {
  const data = /^data: (.*)$/m.exec(frame)?.[1];
  if (data === undefined) return [];
  const { streams = [] }: { streams?: readonly { readonly stream: string }[] } = JSON.parse(data);
  return streams.map(({ stream }) => stream);
}

/** Whether a document of some streams, by how their names begin, is to be read anew; one that names none always is. */
export const concerns = (of: readonly string[] | undefined, grown: readonly string[] | null): boolean =>
  of === undefined || grown === null || grown.some((stream) => of.some((begin) => stream.startsWith(begin)));
