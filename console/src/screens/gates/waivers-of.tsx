import type { Decision } from "../../api/wire.ts";
import { Time } from "../../ui/time.tsx";

/** The waivers that a decision was offered: what they cover, and which had no effect. */
export function WaiversOf({ decision: { waivers } }: { readonly decision: Decision }) {
  if (waivers.applied.length + waivers.rejected.length === 0) return null;
  return (
    <section>
      <h2>Waivers</h2>
      <ul className="plain">
        {waivers.applied.map((one) => (
          <li key={one.waiver}>
            <strong>{one.waiver}</strong> covers <a href={`#${one.gate}`}>{one.gate}</a>, by{" "}
            {one.approved_by.join(" and ")}, ends <Time at={one.expires_at} />: {one.reason}
          </li>
        ))}
        {waivers.rejected.map((one) => (
          <li key={one.waiver}>
            <strong>{one.waiver}</strong> has no effect: {one.detail} <code>{one.code}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}
