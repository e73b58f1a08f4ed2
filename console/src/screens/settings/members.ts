import type { ApiKey } from "../../api/wire.ts";

/** Somebody with keys, and what they may do by those that count. */
export interface Member {
  readonly principal_id: string;
  readonly kind: ApiKey["kind"];
  /** Of keys that count, each once. */
  readonly roles: readonly ApiKey["role"][];
  readonly keys: readonly ApiKey[];
  readonly revoked: readonly ApiKey[];
}

/** Keys by whose they are; who has none that counts comes last. */
export function membersOf(keys: readonly ApiKey[]): readonly Member[] {
  const names = [...new Set(keys.map(({ principal_id }) => principal_id))];
  const members = names.map((name) =>
    memberOf(
      name,
      keys.filter(({ principal_id }) => principal_id === name),
    ),
  );
  return members.toSorted((a, b) => Number(a.keys.length === 0) - Number(b.keys.length === 0));
}

function memberOf(principal_id: string, all: readonly ApiKey[]): Member {
  const counting = all.filter(({ revoked_at }) => revoked_at === null);
  return {
    principal_id,
    kind: all[0]?.kind ?? "person",
    roles: [...new Set(counting.map(({ role }) => role))],
    keys: counting,
    revoked: all.filter(({ revoked_at }) => revoked_at !== null),
  };
}

/** Settings as people type them, one `name=value` a line; a line that is none is named. */
export function parseSettings(
  text: string,
):
  | { readonly ok: true; readonly settings: { readonly [name: string]: string } }
  | { readonly ok: false; readonly line: string } {
  const pairs: [string, string][] = [];
  for (const line of text.split("\n").map((one) => one.trim())) {
    if (line === "") continue;
    const at = line.indexOf("=");
    if (at < 1) return { ok: false, line };
    pairs.push([line.slice(0, at).trim(), line.slice(at + 1).trim()]);
  }
  return { ok: true, settings: Object.fromEntries(pairs) };
}
