import { useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import text from "../../../../docs/runbook.md?raw";
import { Marked } from "../../ui/marked.tsx";
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

function Table({ rows: [heads = [], ...rows] }: { readonly rows: readonly (readonly string[])[] }) {
  return (
    <table>
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head}>{head}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((cells) => (
          <tr key={cells.join()}>
            {cells.map((cell) => (
              <td key={cell}>
                <Marked text={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
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
    case "table":
      return <Table rows={part.rows} />;
    case "code":
      return <pre className="json">{part.text}</pre>;
    case "paragraph":
      return (
        <p>
          <Marked text={part.text} />
        </p>
      );
  }
}
