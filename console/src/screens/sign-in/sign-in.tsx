import { useLocation, useNavigate, useRouter } from "@tanstack/react-router";
import { type FormEvent, useCallback, useEffect, useState } from "react";
import { ApiError, leaveForIssuer, readSession, signIn } from "../../api/client.ts";
import { Problem } from "../../ui/view.tsx";

/** With what an issuer sent the browser here: as it came, for the router reads numbers where a code looks like one. */
const ARRIVED = location.search;

/** By a link that `countermark console` printed, at an issuer, or by a key. What is typed here stays in no script's reach. */
export function SignInScreen() {
  const navigate = useNavigate();
  const router = useRouter();
  const { state } = useLocation();
  const [back] = useState(state.back); // what is told to the address bar next takes it away
  const [key, setKey] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const [issuer, setIssuer] = useState<string | null>(null);
  const attempt = useCallback(async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    }
  }, []);
  const enter = useCallback(
    (shown: Parameters<typeof signIn>[0]): Promise<void> =>
      attempt(async () => {
        const { tenant_id: tenant = "", grants } = await signIn(shown);
        if (back !== undefined && grants.some(({ tenant_id }) => isOf(tenant_id, back))) router.history.push(back);
        else await navigate({ to: "/t/$tenant", params: { tenant } });
      }),
    [attempt, back, navigate, router],
  );
  useEffect(() => {
    void attempt(async () => setIssuer((await readSession()).issuer ?? null));
    const arrive = (): void => {
      const code = location.hash.slice(1);
      const isBack = location.search !== "";
      history.replaceState(null, "", location.pathname); // a link and an answer are used once
      if (code !== "") void enter({ code });
      else if (isBack) void enter({ oidc: ARRIVED });
    };
    arrive();
    addEventListener("hashchange", arrive); // a link that is pasted where this page is open
    return () => removeEventListener("hashchange", arrive);
  }, [attempt, enter]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void enter({ key });
  };
  return (
    <main className="sign-in">
      <h1>
        <span aria-hidden="true">✓</span> Countermark
      </h1>
      {back === undefined ? null : (
        <p>
          To see <code>{back.split("?")[0]}</code> sign in to its tenant.
        </p>
      )}
      {issuer === null ? null : (
        <p>
          <button
            type="button"
            className="main"
            onClick={() => void attempt(async () => location.assign((await leaveForIssuer()).location))}
          >
            sign in at {new URL(issuer).host}
          </button>
        </p>
      )}
      <p>
        {issuer === null ? "Open" : "Or open"} the link that <code>countermark console</code> prints, or give a key.
      </p>
      <form onSubmit={submit}>
        <label>
          key
          <input
            type="password"
            value={key}
            onChange={({ target }) => setKey(target.value)}
            autoComplete="off"
            placeholder="cmk_…"
            required
          />
        </label>
        <button type="submit" className={issuer === null ? "main" : ""}>
          sign in
        </button>
      </form>
      {error === null ? null : <Problem error={error} />}
    </main>
  );
}

const isOf = (tenant: string, path: string): boolean => /^\/t\/([^/?#]+)/.exec(path)?.[1] === tenant;
