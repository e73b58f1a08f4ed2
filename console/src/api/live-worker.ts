/// <reference lib="webworker" />
import { follow, LATELY_MS, type News } from "./follow.ts";

/** One for all tabs of this origin: a tab names its tenant, and hears what every tab of that tenant hears. */
declare const self: SharedWorkerGlobalScope;

interface Listening {
  readonly ports: Set<MessagePort>;
  readonly stop: AbortController;
  /** Streams that grew lately, by when it was heard: a page that joins may have read them before they did. */
  readonly grown: Map<string, number>;
  /** What was heard last of the connection itself; null before the first word. */
  link: Exclude<News["kind"], "change"> | null;
}

const listening = new Map<string, Listening>();

self.onconnect = ({ ports: [port] }) => {
  if (port === undefined) return;
  port.onmessage = ({ data: tenant }: MessageEvent<string | null>) => {
    leave(port);
    if (tenant !== null) join(port, tenant);
  };
};

function join(port: MessagePort, tenant: string): void {
  const known = listening.get(tenant);
  if (known === undefined) {
    begin(port, tenant);
    return;
  }
  known.ports.add(port);
  if (known.link === null) return;
  port.postMessage({ kind: known.link });
  port.postMessage({ kind: "change", streams: [...known.grown.keys()] });
}

function begin(port: MessagePort, tenant: string): void {
  const heard: Listening = { ports: new Set([port]), stop: new AbortController(), grown: new Map(), link: null };
  listening.set(tenant, heard);
  const tell = (news: News): void => {
    if (news.kind === "change") remember(heard.grown, news.streams);
    else heard.link = news.kind;
    for (const one of heard.ports) one.postMessage(news);
  };
  void follow(tenant, tell, heard.stop.signal);
}

function remember(grown: Map<string, number>, streams: readonly string[]): void {
  const now = Date.now();
  for (const [stream, at] of grown) if (now - at > LATELY_MS) grown.delete(stream);
  for (const stream of streams) grown.set(stream, now);
}

/** A tenant of which no tab is left is listened to no more. */
function leave(port: MessagePort): void {
  for (const [tenant, { ports, stop }] of listening) {
    if (!ports.delete(port) || ports.size > 0) continue;
    stop.abort();
    listening.delete(tenant);
  }
}
