/** Currencies of ISO 4217 whose minor unit is not a hundredth, with the number of its decimals. */
const DECIMALS: ReadonlyMap<string, number> = new Map([
  ...[
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
  ].map((code) => [code, 0] as const),
  ...["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].map((code) => [code, 3] as const),
]);

const CURRENCY = /^[A-Z]{3}$/;
const AMOUNT = /^(\d{1,15})(?:\.(\d{1,6}))?$/;

/**
 * A decimal amount such as `19.99` in the currency's minor unit (1999), by digits alone. `undefined` for a sign, an exponent,
 * a currency that is not three capital letters, more than the minor unit can hold (`0.005` USD), or more than 2^53-1.
 */
export function parseMinorUnits(amount: string, currency: string): number | undefined {
  const [, whole, fraction = ""] = AMOUNT.exec(amount) ?? [];
  if (whole === undefined || !CURRENCY.test(currency)) return undefined;
  const decimals = DECIMALS.get(currency) ?? 2;
  const minor = Number(whole + fraction.slice(0, decimals).padEnd(decimals, "0"));
  const isExact = /^0*$/.test(fraction.slice(decimals)) && Number.isSafeInteger(minor);
  return isExact ? minor : undefined;
}

/** An amount in minor units, written in units: `1999` USD is `19.99`. Undefined where it is no whole number, or the currency none. */
export function minorUnitsText(minor: string, currency: string): string | undefined {
  const [, sign, digits] = /^(-?)(\d{1,30})$/.exec(minor) ?? [];
  if (sign === undefined || digits === undefined || !CURRENCY.test(currency)) return undefined;
  const decimals = DECIMALS.get(currency) ?? 2;
  const padded = digits.padStart(decimals + 1, "0");
  return sign + (decimals === 0 ? padded : `${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`);
}
