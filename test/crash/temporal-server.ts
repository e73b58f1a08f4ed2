import { assert } from "../../src/contracts/index.ts";
import type { TemporalAddress } from "../../src/worker/index.ts";

/** The Temporal server that the tests may use: what `TEMPORAL_ADDRESS` names. */
const address = process.env.TEMPORAL_ADDRESS ?? "";

/** How to have one, in the name of what is skipped without. */
export const HOW_TO_GET_ONE = 'needs TEMPORAL_ADDRESS: `eval "$(.ci/temporal)"` starts a server';

/** Null: there is none, and what needs it is skipped. Where changes are accepted there must be one. */
export const temporalServer = (): TemporalAddress | null => {
  assert(address !== "" || process.env.CI === undefined, HOW_TO_GET_ONE);
  return address === "" ? null : { address, namespace: "default" };
};
