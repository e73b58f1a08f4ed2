import { useEffect } from "react";

/** Keys of a screen, such as `{ j: next }`; they rest while somebody types or a dialog is open. */
export function useKeys(keys: { readonly [key: string]: () => void }): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const isTyping = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
      if (isTyping || document.querySelector("dialog[open]") !== null) return;
      const pressed = keys[event.key];
      if (pressed === undefined) return;
      event.preventDefault();
      pressed();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [keys]);
}
