/** Rates in basis points, for tests: plausible state and country rates, without counties and product categories. */
const US_STATES: Readonly<Record<string, number>> = {
  CA: 725,
  CO: 290,
  FL: 600,
  IL: 625,
  MA: 625,
  NJ: 663,
  NY: 400,
  PA: 600,
  TX: 625,
  WA: 650,
};

const COUNTRIES: Readonly<Record<string, number>> = {
  AT: 2000,
  AU: 1000,
  CA: 500,
  DE: 1900,
  ES: 2100,
  FR: 2000,
  GB: 2000,
  IE: 2300,
  IT: 2200,
  NL: 2100,
};

const BASIS = 10_000;

/** The rate at an address; 0 where the simulated shop is not registered. */
export const taxRateBasisPoints = (country: string, state: string): number =>
  (country === "US" ? US_STATES[state] : COUNTRIES[country]) ?? 0;

/** Tax on top of an amount, half up, in minor units. */
export const exclusiveTax = (amount: number, rate: number): number =>
  Math.floor((amount * rate * 2 + BASIS) / (2 * BASIS));

/** Tax contained in an amount. */
export const inclusiveTax = (amount: number, rate: number): number =>
  amount - Math.floor((amount * BASIS * 2 + BASIS + rate) / (2 * (BASIS + rate)));

/** `725` is `7.25`. */
export const percentText = (rate: number): string => String(rate / 100);
