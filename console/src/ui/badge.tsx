import { type Look, MARKS } from "./tone.ts";

/** A status: mark, colour and word. */
export const Badge = ({ look }: { readonly look: Look }) => (
  <span className={`badge ${look.tone}`}>
    <span aria-hidden="true">{MARKS[look.tone]}</span> {look.label}
  </span>
);
