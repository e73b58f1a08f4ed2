/** Why something may not be done by whoever looks; nothing where it may. */
export const Barred = ({ bar }: { readonly bar: { readonly code: string; readonly message: string } | null }) =>
  bar === null ? null : (
    <p className="soft">
      {bar.message} <code>{bar.code}</code>
    </p>
  );
