import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useCallback, useEffect, useState } from "react";
import { ApiError, signIn } from "../../api/client.ts";
import { Problem } from "../../ui/view.tsx";

/** By a link that `countermark console` printed, or by a key. What is typed here stays in no script's reach. */
export function SignInScreen() {
  const navigate = useNavigate();
  const [key, setKey] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const enter = useCallback(
    async (shown: Parameters<typeof signIn>[0]): Promise<void> => {
      try {
        const { tenant_id: tenant = "" } = await signIn(shown);
        await navigate({ to: "/t/$tenant", params: { tenant } });
      } catch (thrown) {
        if (!(thrown instanceof ApiError)) throw thrown;
        setError(thrown);
      }
    },
    [navigate],
  );
  useEffect(() => {
    const code = location.hash.slice(1);
    if (code === "") return;
    history.replaceState(null, "", location.pathname); // a link is used once
    void enter({ code });
  }, [enter]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void enter({ key });
  };
  return (
    <main className="sign-in">
      <h1>
        <span aria-hidden="true">✓</span> Countermark
      </h1>
      <p>
        Open the link that <code>countermark console</code> prints, or give a key.
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
        <button type="submit" className="main">
          sign in
        </button>
      </form>
      {error === null ? null : <Problem error={error} />}
    </main>
  );
}
