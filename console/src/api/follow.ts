import { type Frame, hear } from "./frames.ts";

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
  const signal = AbortSignal.any([stop, gone.signal]);
  let silence: ReturnType<typeof setTimeout> | undefined;
  const wait = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => gone.abort(), SILENCE_MS);
  };
  let isFirst = true;
  const onSign = (): void => {
    wait();
    if (isFirst) tell({ kind: "connected" });
    isFirst = false;
  };
  wait();
  try {
    await hear({ tenant, path: "/v1/changes", signal, onSign }, (frame) => {
      const streams = streamsIn(frame);
      if (streams.length > 0) tell({ kind: "change", streams });
    });
  } finally {
    clearTimeout(silence);
  }
}

/** Names of the streams in a frame `change`; none in any other. */
export function streamsIn({ name, data }: Frame): readonly string[] {
  if (name !== "change") return [];
  const { streams }: { readonly streams: readonly { readonly stream: string }[] } = JSON.parse(data);
  return streams.map(({ stream }) => stream);
}

/** Whether a document of some streams, by how their names begin, is to be read anew; one that names none always is. */
export const concerns = (of: readonly string[] | undefined, grown: readonly string[] | null): boolean =>
  of === undefined || grown === null || grown.some((stream) => of.some((begin) => stream.startsWith(begin)));
