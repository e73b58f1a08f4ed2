import type { ReactNode } from "react";

interface FactsProps {
  /** Each by its name; one that is null is left out. */
  readonly of: readonly (readonly [name: string, fact: ReactNode])[];
}

/** What is known of something, fact by fact. */
export const Facts = ({ of }: FactsProps) => (
  <dl className="facts">
    {of.map(([name, fact]) =>
      fact === null ? null : (
        <div key={name} className="pair">
          <dt>{name}</dt>
          <dd>{fact}</dd>
        </div>
      ),
    )}
  </dl>
);
