import { utcSecond } from "../../../src/contracts/told-time.ts";
import { leftOf } from "./left.ts";
import { useNow } from "./time.tsx";

/** Less than this is short. */
const SHORT_MS = 5 * 60_000;

/** How long it is until something ends, to the second; and when that is. */
export function Countdown({ at }: { readonly at: string }) {
  const left = Date.parse(at) - useNow();
  return (
    <time dateTime={at}>
      <strong className={left < SHORT_MS ? "bad" : ""}>{left <= 0 ? "over" : `in ${leftOf(left)}`}</strong>
      <span className="soft"> · {utcSecond(at)}</span>
    </time>
  );
}
