import { useEffect, useState } from "react";
import type { Approval } from "../../api/wire.ts";
import { canHash, sha256 } from "./preview.ts";

/** Whether what is shown is what is hashed: computed here and not believed. */
export type Seal = "hashing" | "whole" | "broken" | "unhashable";

export function useSeal({ preview_text: text, preview_sha256: stated }: Approval): Seal {
  const [found, setFound] = useState<string | null>(null);
  useEffect(() => {
    if (text !== null && canHash()) void sha256(text).then(setFound);
  }, [text]);
  if (!canHash()) return "unhashable";
  if (found === null) return "hashing";
  return found === stated ? "whole" : "broken";
}

/** What the seal says; only under a whole one is there a way to approve. */
export function SealLine({ seal, stated }: { readonly seal: Seal; readonly stated: string }) {
  switch (seal) {
    case "hashing":
      return <p className="soft">hashing what is shown …</p>;
    case "whole":
      return (
        <p className="seal good">
          ✓ what is shown is what is hashed: <code>{stated.slice(0, 16)}…</code>
        </p>
      );
    case "broken":
      return (
        <p className="seal bad" role="alert">
          ✕ what is shown is not what is hashed: nobody may approve it here
        </p>
      );
    case "unhashable":
      return (
        <p className="seal bad" role="alert">
          ✕ this page came over plain http, and for such a page browsers hash nothing: whether what is shown is what is
          hashed cannot be told. To approve, open the console over https, or on the machine that serves it.
        </p>
      );
  }
}
