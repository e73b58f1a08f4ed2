import { type Derivation, UNITS } from "./derivation.ts";

/** Every function that policies may derive evidence by, in every version that was released. */
export const DERIVATIONS: readonly Derivation[] = [UNITS];
