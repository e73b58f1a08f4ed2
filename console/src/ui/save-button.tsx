import { useState } from "react";
import { ApiError } from "../api/client.ts";
import { Problem } from "./view.tsx";

interface SaveProps {
  readonly says: string;
  /** Offers the file; may tell how many bytes of it came so far. Throws `ApiError`; then nothing is saved. */
  readonly save: (tell: (bytes: number) => void) => Promise<void>;
}

/** Asks for a file, and says how far it has come, or why there is none. */
export function SaveButton({ says, save }: SaveProps) {
  const [bytes, setBytes] = useState<number | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const start = async (): Promise<void> => {
    setError(null);
    setBytes(0);
    try {
      await save(setBytes);
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    }
    setBytes(null);
  };
  return (
    <>
      {error === null ? null : <Problem error={error} />}
      {bytes === null || bytes === 0 ? null : (
        <span className="soft" role="status">
          {(bytes / 1_000_000).toFixed(1)} MB
        </span>
      )}
      <button type="button" disabled={bytes !== null} onClick={() => void start()}>
        {says}
      </button>
    </>
  );
}
