import { ApiError, SIGNING } from "./client.ts";
import { type Frame, hear } from "./frames.ts";

/** What a page hears: streams that grew; that it hears again, or no more; or that nobody is signed in who may hear. */
export type News =
  | { readonly kind: "change"; readonly streams: readonly string[] }
  | { readonly kind: "connected" }
  | { readonly kind: "lost" }
  | { readonly kind: "out" };

/** Whoever connects or joins hears what grew for so long before: as long as a page that comes may have read already. */
export const LATELY_MS = 10_000;

const RETRY_MS = 1_000;
/** The server sends a sign of life every 15 s; silence for longer is a lost connection. */
const SILENCE_MS = 40_000;

/**
 * Listens to a tenant's changes until it is told to stop, connecting again whenever the stream ends. Signed out, it asks no more
 * until somebody signs in.
 */
export async function follow(tenant: string, tell: (news: News) => void, stop: AbortSignal): Promise<void> {
  const signing = new BroadcastChannel(SIGNING);
  stop.addEventListener("abort", () => signing.close());
  while (!stop.aborted) {
    const signed = new AbortController();
    signing.onmessage = () => signed.abort();
    const signal = AbortSignal.any([stop, signed.signal]);
    const isOut = await listen(tenant, tell, signal).then(() => false, isRefused);
    if (signal.aborted) continue; // asks as whoever is signed in now
    tell({ kind: isOut ? "out" : "lost" });
    await new Promise<unknown>((resolve) => {
      signal.addEventListener("abort", resolve);
      if (!isOut) setTimeout(resolve, RETRY_MS);
    });
  }
}

const isRefused = (thrown: unknown): boolean => thrown instanceof ApiError && thrown.status === 401;

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
