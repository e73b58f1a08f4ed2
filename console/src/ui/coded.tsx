import { Fragment } from "react";

/** A sentence of the server's, its names in backticks drawn as code. */
export const Coded = ({ text }: { readonly text: string }) =>
  text.split("`").map((part, index) => {
    const key = `${index} ${part}`;
    return index % 2 === 1 ? <code key={key}>{part}</code> : <Fragment key={key}>{part}</Fragment>;
  });
