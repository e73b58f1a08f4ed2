import { useState } from "react";
import { copied } from "./copied.ts";
import { Modal } from "./modal.tsx";

interface OnceProps {
  readonly title: string;
  /** What is in this one answer and nowhere else. */
  readonly text: string;
  readonly onClose: () => void;
}

/** Shows a secret for the only time that it can be shown. */
export function OnceDialog({ title, text, onClose }: OnceProps) {
  const [isCopied, setCopied] = useState<boolean | null>(null);
  return (
    <Modal title={title} onClose={onClose}>
      <h2>{title}</h2>
      <p>It is shown this once, and stored nowhere: keep it now.</p>
      <pre className="json once">{text}</pre>
      <div className="acts">
        <button type="button" className="main" onClick={() => void copied(text).then(setCopied)}>
          copy it
        </button>
        <button type="button" onClick={onClose}>
          I have kept it
        </button>
        <span className={isCopied === false ? "bad" : "good"} role="status">
          {isCopied === null ? "" : isCopied ? "✓ copied" : "✕ this page may not copy: mark it, and copy it by hand"}
        </span>
      </div>
    </Modal>
  );
}
