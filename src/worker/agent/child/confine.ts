import childProcess from "node:child_process";
import dgram from "node:dgram";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import { GuardRefused, type Host } from "./host.ts";

/**
 * What a graph's code finds in place of the machine. Node's own permission model refuses files, processes, threads and
 * native code below this; the network it cannot refuse, so sockets are replaced. A determined attacker in the same process
 * may get past that: the isolation is declared as STANDARD, and recorded with every run.
 */
export function confine(host: Host): void {
  const denied = (what: string) => () => {
    void host.ask({ op: "denied", what }).catch(() => undefined); // the worker ends this process instead of answering
    throw new GuardRefused("POLICY.TOOL_NOT_ALLOWED", `a graph may not reach ${what}; use the injected tools`);
  };
  for (const name of ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"] as const) {
    Object.defineProperty(childProcess, name, { value: denied("another process") });
  }
  Object.defineProperty(net.Socket.prototype, "connect", { value: denied("the network") });
  Object.defineProperty(dgram, "createSocket", { value: denied("the network") });
  syncBuiltinESMExports();
  globalThis.fetch = governed(host);
}

/** A `fetch` that the worker makes, with the tenant's credential, where the manifest names the model's origin. */
const governed =
  (host: Host): typeof fetch =>
  async (input, init) => {
    const request = new Request(input, init);
    const answer = await host.ask({
      op: "fetch",
      url: request.url,
      method: request.method,
      headers: [...request.headers],
      body: request.body === null ? null : await request.text(),
    });
    const headers = answer.headers.map(([name, value]): [string, string] => [name, value]);
    const hasBody = answer.status !== 204 && answer.status !== 304;
    return new Response(hasBody ? answer.body : null, { status: answer.status, headers });
  };
