/* Why a stored event stands where it stands, beside its processing status; also null, or a code of the codes table. */

/** Applied after the time-out, out of order: its preconditions held. */
export const APPLIED_WITH_WARNING = "APPLIED_WITH_WARNING";
/** Its preconditions failed; the truth is fetched from the provider. */
export const ROUTED_TO_RECONCILIATION = "ROUTED_TO_RECONCILIATION";
/** It would start a run of a pack that is paused; it is judged again when the pack is resumed. */
export const BUSINESS_PAUSED = "BUSINESS_PAUSED";
/** Applied; it speaks of an effect for which there was no receipt yet. Most such effects are not ours. */
export const RECEIPT_AWAITED = "RECEIPT_AWAITED";
