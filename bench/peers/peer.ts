/** What the benchmark tells a peer's program as its argument, in JSON. */
export interface PeerSettings {
  /** A database of its own, empty. */
  readonly url: string;
  /** A folder of its own, empty, on the disk of the PostgreSQL server. */
  readonly directory: string;
  readonly stepsPerRun: number;
}

/** An order: run so many workflows, so many at a time. The answer tells why it could not be done; null: it was. */
export interface PeerOrder {
  readonly runs: number;
  readonly callers: number;
}

/** A durable executor, ready to be measured. */
export interface Peer {
  /** Runs one workflow to its end, and says how many of its steps were done. */
  readonly run: (index: number) => Promise<number>;
  close(): Promise<void>;
}

/** What each step gives back: as much as the subject's own. */
export const ORDER = { status: "paid", total_cents: 4500, lines: ["TEE-BLK-M", "TEE-BLK-L"] };

/** Opens the peer, says that it is ready, and does one order after another until the benchmark leaves. */
export async function serve(open: (settings: PeerSettings) => Promise<Peer>): Promise<void> {
  const settings: PeerSettings = JSON.parse(process.argv[2] ?? "");
  const peer = await open(settings);
  process.on("message", (order: PeerOrder) => void answer(() => runAll(peer, settings.stepsPerRun, order)));
  process.on("disconnect", () => void peer.close().then(() => process.exit(0)));
  await answer(async () => undefined);
}

async function answer(work: () => Promise<void>): Promise<void> {
  let failure: string | null = null;
  try {
    await work();
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  process.send?.({ failure });
}

let started = 0;

async function runAll(peer: Peer, steps: number, { runs, callers }: PeerOrder): Promise<void> {
  let left = runs;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (left-- > 0) {
        const done = await peer.run(started++);
        if (done !== steps) throw new Error(`a workflow of ${steps} steps did ${done}`);
      }
    }),
  );
}
