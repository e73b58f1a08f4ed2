import type { Random } from "../../../../contracts/index.ts";

const ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const HEX = "0123456789abcdef";

/** Ids that look like the provider's own, drawn from the injected chance: one seed gives the same ids in each run. */
export interface SimIds {
  /** `prefix` followed by `length` letters and digits, such as `pi_3Qx...`. */
  token(prefix: string, length: number): string;
  digits(length: number): string;
  hex(length: number): string;
  /** Text in the form of a UUID version 4. */
  uuid(): string;
}

export function simIds(random: Random): SimIds {
  const draw = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet.charAt(Math.floor(random.next() * alphabet.length))).join("");
  return {
    token: (prefix, length) => prefix + draw(ALPHANUMERIC, length),
    digits: (length) => draw(DIGITS, length),
    hex: (length) => draw(HEX, length),
    uuid: () => `${draw(HEX, 8)}-${draw(HEX, 4)}-4${draw(HEX, 3)}-a${draw(HEX, 3)}-${draw(HEX, 12)}`,
  };
}
