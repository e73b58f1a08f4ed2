import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { ApiError } from "../api/client.ts";
import { Problem } from "./view.tsx";

interface DialogProps {
  readonly title: string;
  readonly verb: string;
  readonly isGrave?: boolean;
  /** Whether a reason has to be given; null: none is asked. */
  readonly needsReason: boolean | null;
  readonly onClose: () => void;
  /** Given a key that stays the same while the same is asked for again, so that it is done once. */
  readonly onConfirm: (reason: string, key: string) => Promise<void>;
  readonly children: ReactNode;
}

const newKey = (): string => crypto.randomUUID();

/** Shows what an act will do before it is done; stays open, and says why, where it is refused. */
export function ActDialog({ title, verb, isGrave = false, needsReason, onClose, onConfirm, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [key, setKey] = useState(newKey);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await onConfirm(reason.trim(), key);
      onClose();
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
      if (thrown.status > 0 && thrown.status < 500) setKey(newKey()); // it was answered: what comes next is another asking
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} aria-label={title} onClose={onClose}>
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
    </dialog>
  );
}
