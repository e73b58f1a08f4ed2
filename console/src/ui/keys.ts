import { useEffect } from "react";

/** What each key of a screen does, in a few words; one without words is not told. */
export interface KeyWords {
  readonly [key: string]: string;
}

const told = new Set<KeyWords>();

/** Every key that the page has now, with what it does. */
export const keysTold = (): readonly (readonly [key: string, words: string])[] => [
  ...new Map([...told].flatMap((words) => Object.entries(words))),
];

/** Keys of a screen, such as `{ j: next }`, and what they do; they rest while somebody types or a dialog is open. */
export function useKeys(keys: { readonly [key: string]: () => void }, words?: KeyWords): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const isTyping = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
      if (isTyping || document.querySelector("dialog[open]") !== null) return;
      const isPressing = event.target instanceof Element && event.target.matches("a, button, summary, [role=button]");
      if (isPressing && event.key === "Enter") return; // the control's own
      const pressed = keys[event.key];
      if (pressed === undefined) return;
      event.preventDefault();
      pressed();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [keys]);
  useEffect(() => {
    if (words === undefined) return;
    told.add(words);
    return () => void told.delete(words);
  }, [words]);
}
