/** Something that a payload names and that a screen shows. */
export interface Named {
  readonly kind: "run" | "approval" | "bundle" | "decision" | "receipts" | "correlation";
  readonly id: string;
}

/** By the name of the member that has it. */
const KINDS: { readonly [member: string]: Named["kind"] } = {
  run_id: "run",
  child_run_id: "run",
  parent_run_id: "run",
  approval_id: "approval",
  bundle_id: "bundle",
  root_digest: "bundle",
  evaluation_id: "decision",
  receipt_id: "receipts",
  correlation_id: "correlation",
};

/** A payload may name thousands; so many are links. */
const NAMED_MAX = 12;

/** What a payload names, each once, in the order in which it does. */
export function namedIn(payload: unknown): readonly Named[] {
  const found = new Map<string, Named>();
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null || found.size >= NAMED_MAX) return;
    for (const [member, inner] of Object.entries(value)) {
      const kind = KINDS[member];
      if (kind !== undefined && typeof inner === "string" && inner !== "")
        found.set(`${kind} ${inner}`, { kind, id: inner });
      else look(inner);
    }
  };
  look(payload);
  return [...found.values()].slice(0, NAMED_MAX);
}
