import { textIn } from "../../ui/search.ts";

export const GATES_TABS = [
  ["decisions", "Decisions"],
  ["policies", "Policies"],
  ["waivers", "Waivers"],
] as const;
export type GatesTab = (typeof GATES_TABS)[number][0];

/** What the URL of the gates says. */
export interface GatesSearch {
  readonly tab?: GatesTab | undefined;
  readonly policy?: string | undefined;
  readonly subject?: string | undefined;
  readonly before?: string | undefined;
  /** The decision with which another is to be compared. */
  readonly with?: string | undefined;
}

export const gatesSearch = (search: Record<string, unknown>): GatesSearch => ({
  tab: GATES_TABS.find(([tab]) => tab === search.tab)?.[0],
  policy: textIn(search.policy),
  subject: textIn(search.subject),
  before: textIn(search.before),
  with: textIn(search.with),
});

/** Over which span a policy is tried, and at which of its instants. */
export interface BacktestSearch {
  readonly days?: number | undefined;
  readonly every?: string | undefined;
  readonly profile?: string | undefined;
}

const DAYS_MAX = 366;

export const backtestSearch = (search: Record<string, unknown>): BacktestSearch => ({
  days:
    typeof search.days === "number" && search.days > 0 && search.days <= DAYS_MAX ? Math.ceil(search.days) : undefined,
  every: EVERY.find(([every]) => every === search.every)?.[0],
  profile: textIn(search.profile),
});

/** Between one decision of a backtest and the next. */
export const EVERY = [
  ["hour", "an hour", 3_600],
  ["quarter", "six hours", 21_600],
  ["day", "a day", 86_400],
] as const;
