/// <reference lib="webworker" />
import { follow } from "./follow.ts";

/** One for all tabs of this origin: a tab names its tenant, and hears what every tab of that tenant hears. */
declare const self: SharedWorkerGlobalScope;

const ears = new Map<string, Set<MessagePort>>();

self.onconnect = ({ ports: [port] }) => {
  if (port === undefined) return;
  port.onmessage = ({ data: tenant }: MessageEvent<string | null>) => {
    if (tenant === null) {
      for (const ports of ears.values()) ports.delete(port);
      return;
    }
    const known = ears.get(tenant);
    if (known !== undefined) {
      known.add(port);
      port.postMessage({ kind: "connected" });
      return;
    }
    const ports = new Set([port]);
    ears.set(tenant, ports);
    void follow(tenant, (news) => {
      for (const one of ports) one.postMessage(news);
    });
  };
};
