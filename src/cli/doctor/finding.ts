import type { Code } from "../../contracts/index.ts";

/** How one thing stands. `warn` works and should be looked at; `fail` does not work. */
export interface Finding {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly detail: string;
  /** What to do; null where nothing is. */
  readonly remedy: string | null;
  /** The fault behind a failure, where there is one. */
  readonly code: Code | null;
}

export const ok = (name: string, detail: string): Finding => ({ name, status: "ok", detail, remedy: null, code: null });

export const warn = (name: string, detail: string, remedy: string): Finding => ({
  name,
  status: "warn",
  detail,
  remedy,
  code: null,
});

export const fail = (name: string, detail: string, remedy: string, code: Code | null = null): Finding => ({
  name,
  status: "fail",
  detail,
  remedy,
  code,
});
