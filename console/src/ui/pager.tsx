interface PagerProps {
  readonly isFirst: boolean;
  /** The cursor of the page after this one; null on the last. */
  readonly next: string | null;
  /** Called with the cursor of the page to show; undefined for the first. */
  readonly onTurn: (cursor: string | undefined) => void;
}

/** From page to page of a long list. */
export function Pager({ isFirst, next, onTurn }: PagerProps) {
  if (isFirst && next === null) return null;
  return (
    <div className="acts">
      {isFirst ? null : (
        <button type="button" onClick={() => onTurn(undefined)}>
          first page
        </button>
      )}
      {next === null ? (
        <span className="soft">that is all</span>
      ) : (
        <button type="button" onClick={() => onTurn(next)}>
          next page
        </button>
      )}
    </div>
  );
}
