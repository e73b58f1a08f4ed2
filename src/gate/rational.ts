import { Fault } from "../contracts/index.ts";

/** A fraction, `numerator / denominator`, with a positive denominator; not reduced. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const DECIMAL = /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;
const FRACTION = /^(-?\d+)\/([1-9]\d*)$/;

/**
 * The fraction that a decimal such as `0.95`, or a fraction such as `19/20`, writes; a number counts by its shortest decimal form,
 * so 0.95 is 95/100, whatever the nearest double is. Undefined for anything else.
 */
export function parseRational(value: number | string): Rational | undefined {
  const text = String(value);
  const [, over, under] = FRACTION.exec(text) ?? [];
  if (over !== undefined && under !== undefined) return { numerator: BigInt(over), denominator: BigInt(under) };
  const [, whole, fraction = "", exponent = "0"] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const shift = Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  return shift >= 0
    ? { numerator: digits * 10n ** BigInt(shift), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-shift) };
}

/** As `parseRational`; throws the fault `GATE_INPUT_INVALID` for what is no number. */
export function rationalOf(value: number | string): Rational {
  const parsed = parseRational(value);
  if (parsed === undefined) throw new Fault("GATE_INPUT_INVALID", `\`${value}\` is no number`, { retry: "never" });
  return parsed;
}

/** Below, equal to or above zero as `left` is below, equal to or above `right`. */
export const compareRationals = (left: Rational, right: Rational): bigint =>
  left.numerator * right.denominator - right.numerator * left.denominator;

/** `value * times + plus`. */
export const scaled = (value: Rational, times: Rational, plus: Rational): Rational => ({
  numerator:
    value.numerator * times.numerator * plus.denominator + plus.numerator * value.denominator * times.denominator,
  denominator: value.denominator * times.denominator * plus.denominator,
});

/** The value as a decimal with so many places, cut off, not rounded: for people, never for comparisons. */
export function decimalText({ numerator, denominator }: Rational, places: number): string {
  const size = numerator < 0n ? -numerator : numerator;
  const digits = String((size * 10n ** BigInt(places)) / denominator).padStart(places + 1, "0");
  const [whole, fraction] = [digits.slice(0, digits.length - places), digits.slice(digits.length - places)];
  const trimmed = fraction.replace(/0+$/, "");
  const isNegative = numerator < 0n && /[1-9]/.test(digits);
  return `${isNegative ? "-" : ""}${whole}${trimmed === "" ? "" : `.${trimmed}`}`;
}
