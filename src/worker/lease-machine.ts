import { statusMachine } from "../contracts/index.ts";

/** Where a lease stands, as it is shown: the due row knows holder, epoch and expiry, and a new holder has a new lease. */
export type LeaseStatus = "ACTIVE" | "RELEASED" | "EXPIRED" | "TAKEN_OVER";

/** A lease is given back, runs out, or is taken over; whoever comes next has a lease of its own, under a higher epoch. */
export const LEASE_MACHINE = statusMachine<LeaseStatus>(
  { name: "a lease", version: "1.0.0" },
  {
    ACTIVE: ["RELEASED", "EXPIRED", "TAKEN_OVER"],
    RELEASED: [],
    EXPIRED: ["TAKEN_OVER"],
    TAKEN_OVER: [],
  },
);
