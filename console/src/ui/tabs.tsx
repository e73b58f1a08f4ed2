import type { ReactNode } from "react";
import "./tabs.css";

/** Parts of one screen, each with an address: its children are links with `tabProps`. */
export const Tabs = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <nav className="tabs" aria-label={name}>
    {children}
  </nav>
);

/** How a tab's link looks, and what it says of itself. */
export const tabProps = (isShown: boolean) =>
  isShown ? ({ className: "tab shown", "aria-current": "page" } as const) : ({ className: "tab" } as const);
