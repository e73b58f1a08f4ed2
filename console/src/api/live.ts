import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { concerns, follow, LATELY_MS, type News } from "./follow.ts";

/** Changes closer together than this are read at once. */
const GATHER_MS = 150;

/** Streams that grew; null: any may have. */
type Grown = readonly string[] | null;

const listeners = new Set<(grown: Grown) => void>();

/** Tells of every piece of news of the page's tenant, for screens that read less than everything anew. */
export function hearNews(tell: (grown: Grown) => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export type Link = "live" | "lost" | "out";

/** Whether a page hears its tenant's changes; what changed is read anew, and everything after a lost connection. */
export function useLive(tenant: string): Link {
  const client = useQueryClient();
  const [link, setLink] = useState<Link>("live");
  useEffect(() => {
    let gathered: ReturnType<typeof setTimeout> | undefined;
    let grown: Grown = [];
    const refresh = (streams: Grown): void => {
      grown = grown === null || streams === null ? null : [...grown, ...streams];
      gathered ??= setTimeout(() => {
        const told = grown;
        [gathered, grown] = [undefined, []];
        void client.invalidateQueries({ queryKey: [tenant], predicate: ({ meta }) => concerns(meta?.of, told) });
      }, GATHER_MS);
    };
    const begunAt = performance.now();
    let isFirst = true;
    const hear = (news: News): void => {
      const isHeard = news.kind === "change" || news.kind === "connected";
      setLink(isHeard ? "live" : news.kind);
      const isNoNews = isFirst && news.kind === "connected" && performance.now() - begunAt < LATELY_MS;
      isFirst = false;
      if (isNoNews || !isHeard) return; // what grew since the page began to read is told next, and nothing else is read twice
      const streams = news.kind === "change" ? news.streams : null;
      refresh(streams);
      for (const tell of listeners) tell(streams);
    };
    const stop = listenShared(tenant, hear);
    return () => {
      clearTimeout(gathered);
      stop();
    };
  }, [tenant, client]);
  return link;
}

/** Through the one connection that all tabs share; where a browser shares none, through one of its own. */
function listenShared(tenant: string, hear: (news: News) => void): () => void {
  const over = new AbortController();
  const tell = (news: News): void => {
    if (!over.signal.aborted) hear(news);
  };
  if (typeof SharedWorker === "undefined") {
    void follow(tenant, tell, over.signal);
    return () => over.abort();
  }
  const { port } = new SharedWorker(new URL("./live-worker.ts", import.meta.url), { type: "module", name: "live" });
  port.onmessage = ({ data }: MessageEvent<News>) => tell(data);
  port.postMessage(tenant);
  // Nothing tells the worker that a page has gone; and one that is kept aside may come back.
  window.addEventListener("pagehide", () => port.postMessage(null), { signal: over.signal });
  window.addEventListener(
    "pageshow",
    ({ persisted }) => {
      if (persisted) port.postMessage(tenant);
    },
    { signal: over.signal },
  );
  return () => {
    over.abort();
    port.postMessage(null);
    port.close();
  };
}
