/** The beginning of a digest or an id; a click copies all of it. */
export function Digest({ text, shown = 12 }: { readonly text: string; readonly shown?: number }) {
  return (
    <button
      type="button"
      className="digest"
      title={`${text} (click to copy)`}
      onClick={() => void navigator.clipboard.writeText(text)}
    >
      <code>{text.length > shown ? `${text.slice(0, shown)}…` : text}</code>
    </button>
  );
}
