import { DUAL_TRACK_BETA } from "./beta/derive.ts";
import { COMPLETION_CLAIM } from "./claim/derive.ts";
import { type Derivation, UNITS } from "./derivation.ts";
import { PROMOTION } from "./promotion/derive-gate.ts";
import { PROMOTION_DECISION } from "./promotion/derive-promotion.ts";
import { RELEASE_READINESS } from "./readiness/derive.ts";
import { SLO } from "./slo/derive.ts";
import { TEST_REPORTS } from "./test-reports.ts";

/** Every function that policies may derive evidence by, in every version that was released. */
export const DERIVATIONS: readonly Derivation[] = [
  UNITS,
  DUAL_TRACK_BETA,
  RELEASE_READINESS,
  SLO,
  PROMOTION,
  PROMOTION_DECISION,
  TEST_REPORTS,
  COMPLETION_CLAIM,
];
