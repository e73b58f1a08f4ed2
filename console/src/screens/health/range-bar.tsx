import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { utcSecond } from "../../../../src/contracts/told-time.ts";
import { useTenant } from "../../api/query.ts";
import { useKeys } from "../../ui/keys.ts";
import { type Range, SPANS, type Span } from "./range.ts";

const names: readonly Span[] = Object.keys(SPANS).filter((name): name is Span => Object.hasOwn(SPANS, name));

const WORDS = { "[": "a shorter time", "]": "a longer time" } as const;

/** Which time the charts are about. */
export function RangeBar({ range }: { readonly range: Range }) {
  const tenant = useTenant();
  const navigate = useNavigate({ from: "/t/$tenant/health" });
  const keys = useMemo(() => {
    const at = range.span === null ? names.length : names.indexOf(range.span);
    const go = (step: number) => (): void => {
      const next = names[Math.max(0, Math.min(names.length - 1, at + step))];
      void navigate({ search: { range: next } });
    };
    return { "[": go(-1), "]": go(1) };
  }, [range.span, navigate]);
  useKeys(keys, WORDS);
  return (
    <div className="ranges">
      {range.span === null ? (
        <span className="soft">
          {utcSecond(new Date(range.from).toISOString())} to {utcSecond(new Date(range.to).toISOString())}
        </span>
      ) : null}
      <ul className="choice" aria-label="time">
        {names.map((name) => (
          <li key={name}>
            <Link
              to="/t/$tenant/health"
              params={{ tenant }}
              search={{ range: name }}
              className={name === range.span ? "chosen" : ""}
              aria-current={name === range.span}
            >
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
