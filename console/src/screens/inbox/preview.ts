import { amountText } from "../../ui/amount.ts";

/** One value of what is asked, by where it stands. */
export interface Field {
  readonly path: string;
  readonly text: string;
  /** What an approver looks at first: money, and who gets it. */
  readonly kind: "amount" | "party" | "plain";
  /** An amount of minor units as people read it, where its currency stands beside it. */
  readonly reads: string | null;
}

const AMOUNT = /(^|_)(amount|price|total|sum|cost|fee|refund)(_|$)|_(cents|minor)$|^currency$/i;
const MINOR = /_(cents|minor)$/i;
const PARTY = /(^|_)(to|from|email|recipient|customer|payee|account|iban|address|phone|order_id|payment_intent)(_|$)/i;

/** Every value in a call's arguments, in order, amounts and parties first. */
export function fieldsOf(input: unknown): readonly Field[] {
  const fields = [...walk(input, "", null)];
  const rank = ({ kind }: Field): number => ["amount", "party", "plain"].indexOf(kind);
  return fields.toSorted((a, b) => rank(a) - rank(b));
}

function* walk(value: unknown, path: string, currency: string | null): Generator<Field> {
  if (typeof value !== "object" || value === null) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const isMoney = MINOR.test(path) && Number.isSafeInteger(value) && currency !== null;
    yield { path, text, kind: kindOf(path), reads: isMoney ? amountText(text, currency) : null };
    return;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) yield { path, text: Array.isArray(value) ? "[]" : "{}", kind: "plain", reads: null };
  const beside = entries.find(([name]) => name === "currency")?.[1];
  for (const [name, part] of entries)
    yield* walk(part, path === "" ? name : `${path}.${name}`, typeof beside === "string" ? beside : null);
}

function kindOf(path: string): Field["kind"] {
  const name = path.split(".").at(-1) ?? "";
  return AMOUNT.test(name) ? "amount" : PARTY.test(name) ? "party" : "plain";
}

/** A stretch of text, and whether people would see it as it is. */
export interface Stretch {
  readonly text: string;
  readonly isHidden: boolean;
}

/** Characters that show nothing, or turn what follows around: format and control characters, and odd spaces. */
const HIDDEN =
  /([\p{Cf}\p{Cc}\p{Co}\p{Cn}\u00a0\u115f\u1160\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u3164]|\p{Variation_Selector})/u;

/** Text in stretches: what hides is named by its code point, so that nobody approves what they cannot see. */
export const stretchesOf = (text: string): readonly Stretch[] =>
  text
    .split(HIDDEN)
    .filter((part) => part !== "")
    .map((part) => (HIDDEN.test(part) ? { text: codePointOf(part), isHidden: true } : { text: part, isHidden: false }));

const codePointOf = (mark: string): string =>
  `U+${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** Whether the browser can hash: it does for pages that came over https, or from its own machine. */
export const canHash = (): boolean => "subtle" in crypto;

/** SHA-256 of a text, in lower-case hexadecimal. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
