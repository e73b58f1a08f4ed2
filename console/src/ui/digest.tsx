import { useState } from "react";
import { copied } from "./copied.ts";

/** The beginning of a digest or an id; a click copies all of it, or shows it where a page may not copy. */
export function Digest({ text, shown = 12 }: { readonly text: string; readonly shown?: number }) {
  const [isCopied, setCopied] = useState<boolean | null>(null);
  const isWhole = text.length <= shown || isCopied === false;
  return (
    <button
      type="button"
      className="digest"
      title={`${text} (click to copy)`}
      onClick={() => void copied(text).then(setCopied)}
      onBlur={() => setCopied(null)}
    >
      <code>{isWhole ? text : `${text.slice(0, shown)}…`}</code>
      {isCopied === true ? (
        <span className="good" role="status">
          {" "}
          ✓ copied
        </span>
      ) : null}
    </button>
  );
}
