import { type FormEvent, type ReactNode, useState } from "react";
import { ApiError, act, newKey } from "../api/client.ts";
import { useTenant } from "../api/query.ts";
import { Modal } from "./modal.tsx";
import { Problem } from "./view.tsx";

/** Asks for an act. While the same is asked for again its key stays the same, so that it is done once. Throws `ApiError`. */
export type ActOnce = <T>(path: string, body: object) => Promise<T>;

interface DialogProps {
  readonly title: string;
  readonly verb: string;
  readonly isGrave?: boolean;
  /** Whether a reason has to be given; null: none is asked. */
  readonly needsReason: boolean | null;
  /** Whose it is that is acted on; the tenant's in the URL unless told. */
  readonly tenant?: string;
  readonly onClose: () => void;
  readonly onConfirm: (reason: string, act: ActOnce) => Promise<unknown>;
  readonly children: ReactNode;
}

/** Shows what an act will do before it is done; stays open, and says why, where it is refused. */
export function ActDialog(props: DialogProps) {
  const { title, verb, isGrave = false, needsReason, onClose, onConfirm, children } = props;
  const here = useTenant();
  const [reason, setReason] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [key, setKey] = useState(newKey);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await onConfirm(reason.trim(), (path, body) => act(props.tenant ?? here, path, body, key));
      onClose();
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
      if (thrown.status > 0 && thrown.status < 500) setKey(newKey()); // it was answered: what comes next is another asking
      setBusy(false);
    }
  };
  return (
    <Modal title={title} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} onChange={() => setKey(newKey())}>
        <h2>{title}</h2>
        {children}
        {needsReason === null ? null : (
          <label>
            reason{needsReason ? "" : " (optional)"}
            <input
              value={reason}
              required={needsReason}
              maxLength={1_000}
              onChange={(event) => setReason(event.target.value)}
            />
          </label>
        )}
        {error === null ? null : <Problem error={error} />}
        <div className="acts">
          <button type="submit" className={isGrave ? "grave" : "main"} disabled={isBusy}>
            {verb}
          </button>
          <button type="button" onClick={onClose}>
            leave it
          </button>
        </div>
      </form>
    </Modal>
  );
}
