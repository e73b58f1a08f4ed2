import { useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import text from "../../../../docs/runbook.md?raw";
import { Coded } from "../../ui/coded.tsx";
import { type Part, partsOf } from "./parts.ts";
import "./runbook.css";

const PARTS = partsOf(text);

/** What to do with what does not get on, as the documentation has it; the section in the URL stands first in sight. */
export function RunbookScreen() {
  const { hash } = useLocation();
  useEffect(() => document.getElementById(hash)?.scrollIntoView(), [hash]);
  return (
    <article className="runbook">
      {PARTS.map((part) => (
        <PartOf key={part.text} part={part} isMeant={part.kind === "section" && part.anchor === hash} />
      ))}
    </article>
  );
}

function PartOf({ part, isMeant }: { readonly part: Part; readonly isMeant: boolean }) {
  switch (part.kind) {
    case "title":
      return <h1>{part.text}</h1>;
    case "section":
      return (
        <h2 id={part.anchor} className={isMeant ? "meant" : ""}>
          {part.text}
        </h2>
      );
    case "code":
      return <pre className="json">{part.text}</pre>;
    case "paragraph":
      return (
        <p>
          <Coded text={part.text} />
        </p>
      );
  }
}
