import { useSyncExternalStore } from "react";
import { relative, utcSecond } from "../../../src/contracts/told-time.ts";

/** One clock for the page, read once a second. */
let now = Date.now();
const ears = new Set<() => void>();
setInterval(() => {
  now = Date.now();
  for (const tell of ears) tell();
}, 1_000);

function subscribe(tell: () => void): () => void {
  ears.add(tell);
  return () => ears.delete(tell);
}

export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

/** An instant, relative; its UTC time beside it where `full`, else as its title. */
export function Time({ at, full = false }: { readonly at: string; readonly full?: boolean }) {
  const text = relative(Date.parse(at), useNow());
  return (
    <time dateTime={at} title={utcSecond(at)}>
      {text}
      {full ? <span className="soft"> · {utcSecond(at)}</span> : null}
    </time>
  );
}
