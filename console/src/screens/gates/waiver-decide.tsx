import { useState } from "react";
import { RELEASE_STREAMS, useRead } from "../../api/query.ts";
import type { ShownWaiver } from "../../api/wire.ts";

import { ActDialog } from "../../ui/dialog.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Marked } from "../../ui/marked.tsx";
import { View } from "../../ui/view.tsx";

interface DecideProps {
  readonly waiverId: string;
  /** Whether approvals are missing still. */
  readonly isOpen: boolean;
}

/** What exactly is or was signed, and what the reader may do about it. Read when it is looked at. */
export function Decide({ waiverId, isOpen }: DecideProps) {
  const [isShown, setShown] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setShown(currentTarget.open)}>
      <summary>
        {isOpen ? "look at what is signed; approve or refuse it" : "look at what was signed; take it back"}
      </summary>
      {isShown ? <Looked waiverId={waiverId} isOpen={isOpen} /> : null}
    </details>
  );
}

function Looked({ waiverId, isOpen }: DecideProps) {
  const query = useRead<ShownWaiver>(`/v1/waivers/${waiverId}`, RELEASE_STREAMS);
  return (
    <View query={query}>
      {(waiver) => (
        <>
          <Terms waiver={waiver} />
          {isOpen ? <Approve waiver={waiver} /> : null}
          <Revoke waiver={waiver} isOpen={isOpen} />
        </>
      )}
    </View>
  );
}

/** Every member of what approvers sign, and its digest. */
const Terms = ({ waiver: { waiver, terms_sha256 } }: { readonly waiver: ShownWaiver }) => (
  <>
    <dl className="facts">
      {Object.entries(waiver).map(([name, value]) => (
        <div key={name} className="pair">
          <dt>{name.replaceAll("_", " ")}</dt>
          <dd>{typeof value === "string" ? value : <code>{JSON.stringify(value)}</code>}</dd>
        </div>
      ))}
    </dl>
    <p className="soft">
      what is shown is what is signed: sha-256 <Digest text={terms_sha256} shown={64} />
    </p>
  </>
);

const barOf = ({ actions }: ShownWaiver, act: "approve" | "revoke") => actions.find(({ name }) => name === act);

const Barred = ({ bar }: { readonly bar: ShownWaiver["actions"][number] | undefined }) => (
  <p className="soft">
    <Marked text={bar?.reason ?? ""} /> <code>{bar?.code}</code>
  </p>
);

/** The key that signs is the approver's and never comes here: what is to be typed where it lies, for these terms and no others. */
function Approve({ waiver }: { readonly waiver: ShownWaiver }) {
  const bar = barOf(waiver, "approve");
  if (bar?.allowed !== true) return <Barred bar={bar} />;
  const [role = ""] = waiver.approves_as;
  const command = `countermark waiver approve ${waiver.waiver_id} --as ${role} --terms ${waiver.terms_sha256} --sign-with YOUR-KEY.pem`;
  return (
    <div className="empty">
      <p>You may approve it as {role}. Where your signing key lies:</p>
      <Digest text={command} shown={command.length} />
      <p>It shows once more what is signed, and this page says so once it is approved.</p>
    </div>
  );
}

function Revoke({ waiver, isOpen }: { readonly waiver: ShownWaiver; readonly isOpen: boolean }) {
  const [isAsked, setAsked] = useState(false);
  const bar = barOf(waiver, "revoke");
  const verb = isOpen ? "refuse" : "take back";
  if (bar?.allowed !== true) return isOpen ? null : <Barred bar={bar} />;
  return (
    <>
      <button type="button" className="grave" onClick={() => setAsked(true)}>
        {verb} …
      </button>
      {isAsked ? (
        <ActDialog
          title={`${verb} ${waiver.waiver_id}?`}
          verb={verb}
          isGrave
          needsReason
          onClose={() => setAsked(false)}
          onConfirm={(reason, act) => act(`/v1/waivers/${waiver.waiver_id}/revoke`, { reason })}
        >
          <p>
            {isOpen
              ? "Nobody can approve it any more."
              : "No decision uses it from now on, and no promotion a decision that did."}{" "}
            It is of <strong>{waiver.gate}</strong>, under terms <Digest text={waiver.terms_sha256} />.
          </p>
        </ActDialog>
      ) : null}
    </>
  );
}
