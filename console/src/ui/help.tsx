import { useMemo, useState } from "react";
import "./help.css";
import { keysTold, useKeys } from "./keys.ts";
import { Modal } from "./modal.tsx";

const WORDS = { "?": "this help" } as const;

/** Opens on `?`: every key of the page that is shown. */
export function KeyHelp() {
  const [isOpen, setOpen] = useState(false);
  const keys = useMemo(() => ({ "?": () => setOpen(true) }), []);
  useKeys(keys, WORDS);
  return (
    <>
      <button type="button" className="keys" aria-label="keys of this page" onClick={() => setOpen(true)}>
        ?
      </button>
      {isOpen ? <HelpDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}

/** What is of this page alone comes first; what every page has, digits and the question mark, last. */
const byKind = ([one]: readonly [string, string], [other]: readonly [string, string]): number =>
  Number(/[\d?]/.test(one)) - Number(/[\d?]/.test(other)) || Number(one === "?") - Number(other === "?");

function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Modal className="help" title="Keys of this page" onClose={onClose}>
      <h2>Keys of this page</h2>
      <dl className="facts">
        {keysTold()
          .toSorted(byKind)
          .map(([key, words]) => (
            <div key={key} className="pair">
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{words}</dd>
            </div>
          ))}
        <div className="pair">
          <dt>
            <kbd>Tab</kbd>
          </dt>
          <dd>from control to control; Enter does what it says; Escape closes a dialog</dd>
        </div>
      </dl>
      <div className="acts">
        <button type="button" onClick={onClose}>
          close
        </button>
      </div>
    </Modal>
  );
}
