/** Why something may not be done: as the server says of an action, or would say. */
export interface Bar {
  readonly code: string | null;
  readonly reason: string | null;
}

/** Why something may not be done by whoever looks; nothing where it may. */
export const Barred = ({ bar }: { readonly bar: Bar | null | undefined }) =>
  bar == null ? null : (
    <p className="soft">
      {bar.reason} <code>{bar.code}</code>
    </p>
  );
