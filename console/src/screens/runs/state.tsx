import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useRead } from "../../api/query.ts";
import type { RunDocument } from "../../api/wire.ts";
import { Digest } from "../../ui/digest.tsx";
import { useKeys } from "../../ui/keys.ts";
import { Time } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";

/** The run's document at any version, and what that version changed. The version is in the URL; none is the last. */
export function StateAt({ runId }: { readonly runId: string }) {
  const { version, since } = useSearch({ from: "/t/$tenant/runs/$run" });
  const asked = new URLSearchParams();
  if (version !== undefined) asked.set("version", String(version));
  if (since !== undefined) asked.set("since", String(since));
  const state = useRead<RunDocument>(`/v1/runs/${runId}/state?${asked}`);
  return (
    <section>
      <h2>State</h2>
      <View query={state}>{(data) => <Version state={data} />}</View>
    </section>
  );
}

const WORDS = { "[": "the state a version earlier", "]": "the state a version later" } as const;

function Version({ state }: { readonly state: RunDocument }) {
  const { version, last_version, made_by, document_sha256 } = state;
  const go = useVersion(last_version);
  // What is asked for, which what is shown follows.
  const asked = Math.min(useSearch({ from: "/t/$tenant/runs/$run" }).version ?? last_version, last_version);
  const keys = useMemo(
    () => ({ "[": () => go(Math.max(1, asked - 1)), "]": () => go(Math.min(last_version, asked + 1)) }),
    [go, asked, last_version],
  );
  useKeys(keys, WORDS);
  return (
    <>
      <div className="versions">
        <button type="button" disabled={asked <= 1} onClick={() => go(asked - 1)} aria-label="a version earlier">
          ‹
        </button>
        <input
          type="range"
          min={1}
          max={last_version}
          value={asked}
          aria-label="version of the state"
          aria-valuetext={`version ${asked} of ${last_version}`}
          onChange={({ target }) => go(Number(target.value))}
        />
        <button
          type="button"
          disabled={asked >= last_version}
          onClick={() => go(asked + 1)}
          aria-label="a version later"
        >
          ›
        </button>
        <strong>
          version {version} of {last_version}
        </strong>
        <Against state={state} />
      </div>
      <p className="soft">
        made by event {made_by.seq}, {made_by.type}
        {made_by.step === null ? "" : ` at ${made_by.step}`}, <Time at={made_by.at} /> · sha-256{" "}
        <Digest text={document_sha256} shown={16} />
      </p>
      <Changes state={state} />
      <details>
        <summary>the whole document at version {version}</summary>
        <pre className="json">{JSON.stringify(state.document, null, 2)}</pre>
      </details>
      {state.patch.length === 0 ? null : (
        <details>
          <summary>the change as an RFC 6902 patch</summary>
          <pre className="json">{JSON.stringify(state.patch, null, 2)}</pre>
        </details>
      )}
    </>
  );
}

function useVersion(last: number): (version: number) => void {
  const navigate = useNavigate({ from: "/t/$tenant/runs/$run" });
  return useMemo(
    () => (version) =>
      void navigate({
        search: (held) => ({ ...held, version: version === last ? undefined : version }),
        replace: true,
        resetScroll: false,
      }),
    [navigate, last],
  );
}

/** What a version is compared with: the one before it, or the beginning. */
function Against({ state: { version } }: { readonly state: RunDocument }) {
  const navigate = useNavigate({ from: "/t/$tenant/runs/$run" });
  const { since } = useSearch({ from: "/t/$tenant/runs/$run" });
  if (version <= 1) return null;
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={since === 1}
        onChange={({ target }) =>
          void navigate({
            search: (held) => ({ ...held, since: target.checked ? 1 : undefined }),
            replace: true,
            resetScroll: false,
          })
        }
      />
      all changes since the beginning
    </label>
  );
}

function Changes({ state: { changes, version, since } }: { readonly state: RunDocument }) {
  if (changes.length === 0) {
    return <p>{version === 1 ? "It began so: what triggered it is its first state." : "Nothing differs."}</p>;
  }
  return (
    <div className="scroll">
      <table className="changes">
        <caption className="soft">
          from version {since} to {version}
        </caption>
        <tbody>
          {changes.map(({ path, was, is }) => (
            <tr key={path}>
              <th scope="row">
                <code>{path}</code>
              </th>
              <td>
                {was === undefined ? null : <Value mark="−" kind="bad" value={was} />}
                {is === undefined ? null : <Value mark="+" kind="good" value={is} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Value = ({ mark, kind, value }: { readonly mark: "+" | "−"; readonly kind: string; readonly value: unknown }) => (
  <pre className={kind}>
    <span aria-label={mark === "+" ? "is" : "was"} role="img">
      {mark}
    </span>{" "}
    {typeof value === "object" ? JSON.stringify(value, null, 2) : JSON.stringify(value)}
  </pre>
);
