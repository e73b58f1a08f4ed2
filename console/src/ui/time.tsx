import { useSyncExternalStore } from "react";
import { relative, utc } from "./moment.ts";

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
    <time dateTime={at} title={utc(at)}>
      {text}
      {full ? <span className="soft"> · {utc(at)}</span> : null}
    </time>
  );
}
