/** Which runs a list has; all of it stands in the URL. */
export interface RunFilter {
  readonly status?: string | undefined;
  readonly workflow?: string | undefined;
  readonly search?: string | undefined;
}

type Asked = RunFilter & { readonly before?: string; readonly ids?: string; readonly limit: number };

/** Where the runs of a filter are read. */
export function runsPath({ status, workflow, search }: RunFilter, rest: Omit<Asked, keyof RunFilter>): string {
  const asked: { readonly [name: string]: string | number | undefined } = { status, workflow, search, ...rest };
  const given = Object.entries(asked).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  return `/v1/runs?${new URLSearchParams(given)}`;
}

/** A filter by the name that somebody gave it. */
export interface SavedView {
  readonly name: string;
  readonly filter: RunFilter;
}

/** Views that everybody has. */
export const VIEWS: readonly SavedView[] = [
  { name: "all", filter: {} },
  { name: "blocked", filter: { status: "BLOCKED" } },
  { name: "await approval", filter: { status: "SUSPENDED_HITL" } },
  { name: "running", filter: { status: "RUNNING" } },
  { name: "failed", filter: { status: "FAILED_UNEXPECTED" } },
];

export const isSameFilter = (one: RunFilter, other: RunFilter): boolean =>
  runsPath(one, { limit: 1 }) === runsPath(other, { limit: 1 });

/** More than these nobody finds again. */
const SAVED_MAX = 20;

/** The saved views with one more; one of the same name gives way, and of too many the oldest. */
export const withView = (saved: readonly SavedView[], view: SavedView): readonly SavedView[] =>
  [...saved.filter(({ name }) => name !== view.name), view].slice(-SAVED_MAX);

export const withoutView = (saved: readonly SavedView[], name: string): readonly SavedView[] =>
  saved.filter((view) => view.name !== name);

/** What a browser kept, as far as it is views. */
export function readViews(kept: string | null): readonly SavedView[] {
  const parsed = parsedOr(kept ?? "[]");
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((one: unknown) => {
    if (!isRecord(one) || typeof one.name !== "string" || !isRecord(one.filter)) return [];
    const { status, workflow, search } = one.filter;
    return [{ name: one.name, filter: { status: text(status), workflow: text(workflow), search: text(search) } }];
  });
}

function parsedOr(kept: string): unknown {
  try {
    return JSON.parse(kept);
  } catch {
    return null; // somebody else's text under our name: no views
  }
}

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null;

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
