import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useMemo, useRef, useState } from "react";
import { useTenant } from "../../api/query.ts";
import { useKeys } from "../../ui/keys.ts";
import { RUN_LOOKS } from "../../ui/tone.ts";
import { isSameFilter, type RunFilter, readViews, type SavedView, VIEWS, withoutView, withView } from "./run-filter.ts";

const WORDS = { "/": "search" } as const;

/** What the list shows: a view, or what is chosen by hand; both are the URL. */
export function FilterBar({ filter }: { readonly filter: RunFilter }) {
  const search = useRef<HTMLInputElement>(null);
  const keys = useMemo(() => ({ "/": () => search.current?.focus() }), []);
  useKeys(keys, WORDS);
  const navigate = useNavigate({ from: "/t/$tenant/runs" });
  const choose = (chosen: RunFilter): void => void navigate({ search: (held) => ({ ...held, ...chosen }) });
  return (
    <div className="finder">
      <Views filter={filter} />
      <div className="filter">
        <label>
          status
          <select
            value={filter.status ?? ""}
            onChange={({ target: { value } }) => choose({ status: value === "" ? undefined : value })}
          >
            <option value="">any</option>
            {Object.entries(RUN_LOOKS).map(([name, { label }]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <Typed name="workflow" value={filter.workflow} hint="any" onTyped={(workflow) => choose({ workflow })} />
        <Typed
          name="search"
          value={filter.search}
          hint="run, correlation, person, code"
          box={search}
          onTyped={(text) => choose({ search: text })}
        />
      </div>
    </div>
  );
}

interface TypedProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly hint: string;
  readonly box?: React.RefObject<HTMLInputElement | null>;
  readonly onTyped: (text: string | undefined) => void;
}

/** Taken when Enter is pressed or the field is left. */
function Typed({ name, value, hint, box, onTyped }: TypedProps) {
  const take = (typed: string): void => {
    const text = typed.trim() === "" ? undefined : typed.trim();
    if (text !== value) onTyped(text);
  };
  return (
    <label>
      {name}
      <input
        key={value ?? ""}
        ref={box}
        type="search"
        defaultValue={value ?? ""}
        placeholder={hint}
        maxLength={200}
        onBlur={({ target }) => take(target.value)}
        onKeyDown={({ key, currentTarget }) => {
          if (key === "Enter") take(currentTarget.value);
        }}
      />
    </label>
  );
}

const keptUnder = (tenant: string): string => `runs views of ${tenant}`;

/** Views that everybody has, and those that this browser keeps for the tenant. */
function Views({ filter }: { readonly filter: RunFilter }) {
  const tenant = useTenant();
  const [saved, setSaved] = useState(() => readViews(localStorage.getItem(keptUnder(tenant))));
  const keep = (views: readonly SavedView[]): void => {
    localStorage.setItem(keptUnder(tenant), JSON.stringify(views));
    setSaved(views);
  };
  const isKnown = [...VIEWS, ...saved].some((view) => isSameFilter(view.filter, filter));
  return (
    <nav className="views" aria-label="views of the runs">
      {VIEWS.map((view) => (
        <ViewLink key={view.name} view={view} isShown={isSameFilter(view.filter, filter)} />
      ))}
      {saved.map((view) => (
        <span key={view.name} className="saved">
          <ViewLink view={view} isShown={isSameFilter(view.filter, filter)} />
          <button
            type="button"
            aria-label={`forget the view ${view.name}`}
            onClick={() => keep(withoutView(saved, view.name))}
          >
            ×
          </button>
        </span>
      ))}
      {isKnown ? null : <SaveView onSave={(name) => keep(withView(saved, { name, filter }))} />}
    </nav>
  );
}

function ViewLink({ view, isShown }: { readonly view: SavedView; readonly isShown: boolean }) {
  const tenant = useTenant();
  return (
    <Link
      to="/t/$tenant/runs"
      params={{ tenant }}
      search={view.filter}
      activeProps={{ className: "" }}
      className={isShown ? "active" : ""}
      aria-current={isShown}
    >
      {view.name}
    </Link>
  );
}

function SaveView({ onSave }: { readonly onSave: (name: string) => void }) {
  const [isAsking, setAsking] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    if (name !== "") onSave(name);
    setAsking(false);
  };
  if (!isAsking) {
    return (
      <button type="button" onClick={() => setAsking(true)} title="kept in this browser, for this tenant">
        save this view …
      </button>
    );
  }
  return (
    <form onSubmit={submit}>
      {/* biome-ignore lint/a11y/noAutofocus: it was asked for by the button it replaces */}
      <input name="name" aria-label="name of the view" placeholder="a name" maxLength={40} autoFocus />
      <button type="submit">save</button>
      <span className="soft">kept in this browser, for this tenant</span>
    </form>
  );
}
