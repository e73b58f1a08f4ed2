/** Restate: one server of its own with a service of durable steps in this process, called through the ingress. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Context, serve as serveEndpoint, service } from "@restatedev/restate-sdk";
import { connect } from "@restatedev/restate-sdk-clients";
import { ORDER, type Peer, type PeerSettings, serve } from "./peer.ts";

// The SDK calls this function of Node 22; Node 20 gets it here.
if (!("withResolvers" in Promise)) {
  const withResolvers = () => {
    let settle = {};
    const promise = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    return { promise, ...settle };
  };
  Object.defineProperty(Promise, "withResolvers", { value: withResolvers, configurable: true, writable: true });
}

const READY_MS_MAX = 60_000;
const LOOK_AGAIN_MS = 100;

async function open({ directory, stepsPerRun }: PeerSettings): Promise<Peer> {
  const orders = service({
    name: "orders",
    handlers: {
      run: async (context: Context, orderId: string) => {
        let done = 0;
        for (let page = 0; page < stepsPerRun; page++) {
          const order = await context.run(`step_${page}`, async () => ({ ...ORDER, order_id: orderId, page }));
          if (order.status === "paid") done++;
        }
        return done;
      },
    },
  });
  const [endpoint, admin, ingress, fabric] = [await freePort(), await freePort(), await freePort(), await freePort()];
  await serveEndpoint({ services: [orders], port: endpoint });
  const server = startServer(directory, { admin, ingress, fabric });
  await untilHealthy(server, `http://127.0.0.1:${admin}/health`);
  await register(`http://127.0.0.1:${admin}/deployments`, `http://127.0.0.1:${endpoint}`);
  await untilHealthy(server, `http://127.0.0.1:${ingress}/restate/health`);
  const client = connect({ url: `http://127.0.0.1:${ingress}` }).serviceClient(orders);
  return {
    run: async (index) => client.run(`ord_${index}`),
    close: async () => {
      const ended = once(server, "exit");
      server.kill("SIGTERM");
      await ended;
    },
  };
}

interface Ports {
  readonly admin: number;
  readonly ingress: number;
  /** Where nodes of a cluster would talk to each other. */
  readonly fabric: number;
}

/** The server of the npm package for this platform, with its default settings. */
function startServer(directory: string, { admin, ingress, fabric }: Ports): ChildProcess {
  const resolve = createRequire(
    createRequire(import.meta.url).resolve("@restatedev/restate-server/package.json"),
  ).resolve;
  const binary = resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`);
  return spawn(binary, ["--no-logo", "--listen-mode", "tcp", "--base-dir", directory], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      RESTATE_LOG_FILTER: "error,octocrab=off",
      RESTATE_DISABLE_TELEMETRY: "true",
      RESTATE_BIND_ADDRESS: `127.0.0.1:${fabric}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    },
  });
}

async function untilHealthy(server: ChildProcess, url: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < READY_MS_MAX; waitedMs += LOOK_AGAIN_MS) {
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`);
    // Nobody listens yet: that is what is waited for.
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await pause(LOOK_AGAIN_MS);
  }
  throw new Error(`\`${url}\` is not healthy after ${READY_MS_MAX / 1000} s`);
}

async function register(deployments: string, uri: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(deployments, { method: "POST", headers, body: JSON.stringify({ uri }) });
  if (!answer.ok) throw new Error(`the service cannot be registered: ${answer.status} ${await answer.text()}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === "string") reject(new Error("the probe has no port"));
        else resolve(address.port);
      });
    });
  });
}

await serve(open);
