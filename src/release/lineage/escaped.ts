import { xmlText } from "../../gate/index.ts";

const ENTITIES: { readonly [mark: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as it stands in an element or an attribute, of HTML and of XML. */
export const escaped = (value: string): string =>
  xmlText(value).replaceAll(/[&<>"']/g, (mark) => ENTITIES[mark] ?? mark);
