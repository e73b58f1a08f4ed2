const ENTRY = /^([^=,\s]+)=(\d{1,10})$/;

/**
 * The supplier's variant of the store's own product for one of the shop's SKUs, from the credential setting `variants`, written
 * `TEE-M=4012,TEE-L=4013`. `undefined` when the SKU is not listed.
 */
export function variantOf(settings: { readonly [name: string]: string }, sku: string): number | undefined {
  const entries = (settings.variants ?? "").split(",").map((entry) => ENTRY.exec(entry.trim()));
  const match = entries.find((entry) => entry?.[1] === sku);
  return match === undefined || match === null ? undefined : Number(match[2]);
}
