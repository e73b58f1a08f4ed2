import { minorUnitsText } from "../../../src/contracts/minor-units.ts";

/** An amount of money as people read it: `5.00 USD`. */
export function amountText(minor: string, currency: string): string {
  const units = minorUnitsText(minor, currency);
  return units === undefined ? `${minor} minor units ${currency}` : `${units} ${currency}`;
}
