import { isJsonObject } from "../../../../src/contracts/json.ts";
import type { LedgerEvent } from "../../api/wire.ts";
import { shortBundle } from "./names.ts";

/** An event of an environment, in words: what happened, and to what. */
export function momentOf({ type, payload }: Pick<LedgerEvent, "type" | "payload">): {
  readonly says: string;
  readonly about: string;
} {
  const body: Members = payload !== null && isJsonObject(payload) ? payload : {};
  const tell = SAYS[type];
  return tell === undefined ? { says: type, about: "" } : tell(body);
}

type Members = { readonly [name: string]: unknown };

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const bundle = (value: unknown): string => shortBundle(text(value));

const SAYS: { readonly [type: string]: (body: Members) => { readonly says: string; readonly about: string } } = {
  "environment.promoted": ({ bundle_id, previous_bundle_id, canary }) => ({
    says: canary === null || canary === undefined ? "promoted" : "promoted, on trial",
    about: `${bundle(bundle_id)}${text(previous_bundle_id) === "" ? "" : ` instead of ${bundle(previous_bundle_id)}`}`,
  }),
  "environment.refused": ({ act, bundle_id, code, message }) => ({
    says: `refused to ${text(act)}`,
    about: `${text(bundle_id) === "" ? "" : `${bundle(bundle_id)}, `}${text(code)}: ${text(message)}`,
  }),
  "environment.rolled_back": ({ bundle_id, reason }) => ({
    says: "rolled back",
    about: `to ${bundle(bundle_id)}: ${text(reason)}`,
  }),
  "environment.rollback_judged": ({ status }) => ({
    says: "rollback judged",
    about: text(status).replaceAll("_", " "),
  }),
  "environment.health": ({ bundle_id, health, reason }) => ({
    says: `marked ${health === "good" ? "healthy" : text(health)}`,
    about: `${bundle(bundle_id)}: ${text(reason)}`,
  }),
  "environment.canary": ({ end, why, share_percent }) => ({
    says: `looked at its canary: ${text(end)}`,
    about: `at ${String(share_percent)} %${text(why) === "" ? "" : `, ${text(why)}`}`,
  }),
  "environment.approved": ({ bundle_id, statement }) => ({
    says: "agreed to",
    about: `${bundle(bundle_id)}: ${text(statement)}`,
  }),
  "environment.set": () => ({ says: "its rules changed", about: "" }),
};
