const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** A number as people read it: `12,345`. */
export const countText = (count: number): string => WHOLE.format(count);

/** So many of something: `1 run`, `12,345 runs`. */
export const counted = (count: number, what: string): string =>
  `${countText(count)} ${count === 1 ? what : `${what}s`}`;
