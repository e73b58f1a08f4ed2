import { type Host, type Instant, instant } from "../../src/contracts/index.ts";
import type { Query } from "../../src/store/index.ts";
import { realHost } from "../database/real-host.ts";

/** One time for a process and its database. It passes by itself, so that whoever polls goes on, and jumps when told. */
export interface SettableClock {
  readonly host: Host;
  /** Moves both clocks forward by `ms` and wakes whoever is due then. */
  move(ms: number): Promise<void>;
  /** Sets the process's clock `ms` off the database's. Only while nobody waits by it. */
  skew(ms: number): void;
}

/**
 * Puts a settable clock into a test database: `countermark.clock()` becomes the server's time plus an offset, which only
 * the database's owner may change. The host it returns reads the same offset.
 */
export async function settableClock(owner: Query): Promise<SettableClock> {
  await owner`create table public.clock_offset (ms double precision not null)`;
  await owner`insert into public.clock_offset (ms) values (0)`;
  await owner`grant select on public.clock_offset to public`;
  await owner`
    create or replace function countermark.clock() returns timestamptz language sql volatile as
    $$ select clock_timestamp() + make_interval(secs => ms / 1000) from public.clock_offset $$`;
  let offsetMs = 0;
  let skewMs = 0;
  let moved = new AbortController();
  const now = (): Instant => instant(realHost.clock.now() + offsetMs + skewMs);
  const wake = async (at: Instant, signal: AbortSignal): Promise<void> => {
    while (now() < at && !signal.aborted)
      await realHost.clock.wake(instant(at - offsetMs - skewMs), AbortSignal.any([signal, moved.signal]));
  };
  return {
    host: { ...realHost, clock: { now, wake } },
    move: async (ms) => {
      await owner`update public.clock_offset set ms = ms + ${ms}`;
      offsetMs += ms;
      moved.abort();
      moved = new AbortController();
    },
    skew: (ms) => {
      skewMs = ms;
    },
  };
}
