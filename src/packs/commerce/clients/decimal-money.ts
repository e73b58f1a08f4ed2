/** Currencies without and with three decimal places; all others have two (ISO 4217). */
const DECIMALS: { readonly [currency: string]: number } = {
  ...Object.fromEntries(
    [
      "BIF",
      "CLP",
      "DJF",
      "GNF",
      "ISK",
      "JPY",
      "KMF",
      "KRW",
      "PYG",
      "RWF",
      "UGX",
      "VND",
      "VUV",
      "XAF",
      "XOF",
      "XPF",
    ].map((currency) => [currency, 0]),
  ),
  ...Object.fromEntries(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].map((currency) => [currency, 3])),
};

const DECIMAL = /^(\d{1,12})(?:\.(\d{1,6}))?$/;

/**
 * Minor units of a decimal amount such as `45.00`, exactly. `undefined` when the text is not a non-negative decimal or is
 * finer than the currency's minor unit: an amount is never rounded.
 */
export function minorUnits(amount: string, currency: string): number | undefined {
  const match = DECIMAL.exec(amount);
  if (match === null) return undefined;
  const decimals = DECIMALS[currency] ?? 2;
  const fraction = (match[2] ?? "").padEnd(decimals, "0");
  if (/[1-9]/.test(fraction.slice(decimals))) return undefined;
  const minor = Number(`${match[1]}${fraction.slice(0, decimals)}`);
  return Number.isSafeInteger(minor) ? minor : undefined;
}
