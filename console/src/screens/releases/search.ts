import { textIn } from "../../ui/search.ts";

export const RELEASES_TABS = [
  ["environments", "Environments"],
  ["bundles", "Bundles"],
] as const;
export type ReleasesTab = (typeof RELEASES_TABS)[number][0];

/** What the URL of the releases says. */
export const releasesSearch = (
  search: Record<string, unknown>,
): { readonly tab?: ReleasesTab | undefined; readonly before?: string | undefined } => ({
  tab: RELEASES_TABS.find(([tab]) => tab === search.tab)?.[0],
  before: textIn(search.before),
});
