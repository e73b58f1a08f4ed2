import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { type ApiError, act } from "../../api/client.ts";
import { useRead, useTenant } from "../../api/query.ts";
import type { Streams, Verification } from "../../api/wire.ts";
import { Digest } from "../../ui/digest.tsx";
import { Problem, View } from "../../ui/view.tsx";

/** Every stream with its head; and whether all of it still holds, hashed again on demand. */
export function LedgerScreen() {
  const [after, setAfter] = useState("");
  const tenant = useTenant();
  const query = useRead<Streams>(`/v1/ledger/streams?limit=100&after=${encodeURIComponent(after)}`);
  return (
    <section>
      <div className="heading">
        <h1>Ledger</h1>
        <Verify body={{}} says="verify all of it" />
      </div>
      <View
        query={query}
        empty={{
          when: ({ streams }) => streams.length === 0,
          says: "No stream yet.",
          command: "countermark ledger show",
        }}
      >
        {({ streams, next }) => (
          <>
            <div className="scroll">
              <table>
                <thead>
                  <tr>
                    <th>stream</th>
                    <th className="number">events</th>
                    <th>head</th>
                  </tr>
                </thead>
                <tbody>
                  {streams.map(({ stream, seq, hash }) => (
                    <tr key={stream}>
                      <td>
                        <Link to="/t/$tenant/ledger/$stream" params={{ tenant, stream }}>
                          <code>{stream}</code>
                        </Link>
                      </td>
                      <td className="number">{seq}</td>
                      <td>
                        <Digest text={hash} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <div className="acts">
              {after === "" ? null : (
                <button type="button" onClick={() => setAfter("")}>
                  from the beginning
                </button>
              )}
              {next === null ? null : (
                <button type="button" onClick={() => setAfter(next)}>
                  next page
                </button>
              )}
            </div>
          </>
        )}
      </View>
    </section>
  );
}

/** Hashes again, and says what was found. */
export function Verify({ body, says }: { readonly body: { readonly stream?: string }; readonly says: string }) {
  const tenant = useTenant();
  const verify = useMutation<Verification, ApiError>({
    mutationFn: () => act<Verification>(tenant, "/v1/ledger/verify", body),
  });
  return (
    <div className="acts">
      <Found verify={verify} />
      <button type="button" disabled={verify.isPending} onClick={() => verify.mutate()}>
        {says}
      </button>
    </div>
  );
}

function Found({
  verify,
}: {
  readonly verify: { data: Verification | undefined; error: ApiError | null; isPending: boolean };
}) {
  if (verify.isPending) return <span className="soft">hashing …</span>;
  if (verify.error !== null) return <Problem error={verify.error} />;
  if (verify.data === undefined) return null;
  const { streams, events, broken } = verify.data;
  return broken === null ? (
    <span className="good" role="status">
      ✓ {events} events in {streams} streams hold
    </span>
  ) : (
    <span className="bad" role="alert">
      ✕ {broken.stream} breaks at {broken.seq}: {broken.rule}
    </span>
  );
}
