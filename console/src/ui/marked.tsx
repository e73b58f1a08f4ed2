/** A text in which commands and names stand between backticks, as messages and remedies are written. */
export const Marked = ({ text }: { readonly text: string }) => {
  let at = 0;
  return text.split("`").map((part, index) => {
    at += part.length + 1;
    return index % 2 === 1 ? <code key={at}>{part}</code> : <span key={at}>{part}</span>;
  });
};
