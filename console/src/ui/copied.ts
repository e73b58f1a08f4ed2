/** Copies a text. False: the browser does not let the page, as none that came over plain http from another host. */
export const copied = async (text: string): Promise<boolean> =>
  "clipboard" in navigator &&
  navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
