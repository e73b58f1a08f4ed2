import { useEffect, useRef, useState } from "react";
import { duration } from "../../../../src/contracts/told-time.ts";
import { ApiError } from "../../api/client.ts";
import { hear } from "../../api/frames.ts";
import { pathWith } from "../../api/path.ts";
import { useTenant } from "../../api/query.ts";
import type { Verification } from "../../api/wire.ts";
import { StreamLink } from "../../links.tsx";
import { counted, countText } from "../../ui/count.ts";
import { Problem } from "../../ui/view.tsx";

/** How a verification stands. */
type Standing =
  | { readonly kind: "idle" }
  | { readonly kind: "hashing"; readonly done: number; readonly of: number }
  | { readonly kind: "found"; readonly found: Verification; readonly ms: number }
  | { readonly kind: "refused"; readonly error: ApiError };

/** Hashes one stream again, or all of them, tells how far it is, and says what was found. */
export function Verify({ stream, says }: { readonly stream: string | null; readonly says: string }) {
  const tenant = useTenant();
  const [standing, setStanding] = useState<Standing>({ kind: "idle" });
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const verify = async (): Promise<void> => {
    const began = performance.now();
    const stopper = new AbortController();
    const { signal } = stopper;
    stop.current = stopper;
    let of = 0;
    setStanding({ kind: "hashing", done: 0, of });
    const path = pathWith("/v1/ledger/verification", { stream: stream ?? undefined });
    try {
      await hear({ tenant, path, signal }, ({ name, data }) => {
        const told = JSON.parse(data);
        if (name === "size") of = told.events;
        if (name === "verification") setStanding({ kind: "found", found: told, ms: performance.now() - began });
        else setStanding({ kind: "hashing", done: name === "size" ? 0 : told.events, of });
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      setStanding({ kind: "refused", error });
    }
  };
  return (
    <div className="acts verify">
      <Told standing={standing} />
      <button type="button" disabled={standing.kind === "hashing"} onClick={() => void verify()}>
        {says}
      </button>
    </div>
  );
}

function Told({ standing }: { readonly standing: Standing }) {
  if (standing.kind === "idle") return null;
  if (standing.kind === "refused") return <Problem error={standing.error} />;
  if (standing.kind === "hashing") {
    const { done, of } = standing;
    return (
      <span className="soft" role="status">
        <progress max={Math.max(1, of)} value={done} aria-label="events hashed" /> {countText(done)} of{" "}
        {counted(of, "event")}
      </span>
    );
  }
  const { streams, events, broken } = standing.found;
  if (broken === null)
    return (
      <span className="good" role="status">
        ✓ {counted(events, "event")} in {counted(streams, "stream")} hold, hashed again in {duration(standing.ms)}
      </span>
    );
  return (
    <span className="bad" role="alert">
      ✕{" "}
      <StreamLink stream={broken.stream} seq={broken.seq}>
        {broken.stream} breaks at {broken.seq}
      </StreamLink>
      : {broken.rule.replaceAll("_", " ")} (expected {broken.expected.slice(0, 12)}…, found {broken.found.slice(0, 12)}
      …)
    </span>
  );
}
