import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { follow, type News } from "./follow.ts";

/** Changes closer together than this are read at once. */
const GATHER_MS = 150;

/** Whether a page hears its tenant's changes; what changed is read anew, and everything after a lost connection. */
export function useLive(tenant: string): boolean {
  const client = useQueryClient();
  const [isLive, setLive] = useState(true);
  useEffect(() => {
    let gathered: ReturnType<typeof setTimeout> | undefined;
    const refresh = (): void => {
      gathered ??= setTimeout(() => {
        gathered = undefined;
        void client.invalidateQueries({ queryKey: [tenant] });
      }, GATHER_MS);
    };
    const hear = (news: News): void => {
      setLive(news.kind !== "lost");
      if (news.kind !== "lost") refresh();
    };
    const stop = listenShared(tenant, hear);
    return () => {
      clearTimeout(gathered);
      stop();
    };
  }, [tenant, client]);
  return isLive;
}

/** Through the one connection that all tabs share; where a browser shares none, through one of its own. */
function listenShared(tenant: string, hear: (news: News) => void): () => void {
  let isOver = false;
  const tell = (news: News): void => {
    if (!isOver) hear(news);
  };
  if (typeof SharedWorker === "undefined") {
    void follow(tenant, tell);
    return () => {
      isOver = true;
    };
  }
  const worker = new SharedWorker(new URL("./live-worker.ts", import.meta.url), { type: "module", name: "live" });
  worker.port.onmessage = ({ data }: MessageEvent<News>) => tell(data);
  worker.port.postMessage(tenant);
  return () => {
    isOver = true;
    worker.port.postMessage(null);
    worker.port.close();
  };
}
