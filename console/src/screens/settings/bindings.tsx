import { useState } from "react";
import { useRead } from "../../api/query.ts";
import { useBar } from "../../api/right.ts";
import type { Binding, Bindings } from "../../api/wire.ts";
import { ActDialog } from "../../ui/dialog.tsx";
import { Time } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";

/** Who is let in without a key, by what an issuer says of them; for who may make keys, too. */
export function SignInBindings() {
  const bar = useBar("administer", "install");
  return bar === null ? (
    <section>
      <h2>Let in without a key</h2>
      <BindingList />
    </section>
  ) : null; // the members above say why
}

function BindingList() {
  const query = useRead<Bindings>("/v1/bindings", ["audit"]);
  const [asked, setAsked] = useState<Binding | null>(null);
  return (
    <>
      <View
        query={query}
        empty={{
          when: ({ bindings }) => bindings.length === 0,
          says: "Nobody: whoever signs in here has a key or a link. Where the server knows an issuer, this lets people of it in.",
          command: "countermark binding add ann@example.com --by email --principal ann --role approver",
        }}
      >
        {({ bindings }) => (
          <ul className="rows-of" aria-label="who is let in without a key">
            {bindings.map((one) => (
              <li key={one.binding_id}>
                <BindingRow binding={one} onEnd={setAsked} />
              </li>
            ))}
          </ul>
        )}
      </View>
      {asked === null ? null : <EndDialog binding={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

const CLAIMS: { readonly [C in Binding["claim"]]: string } = {
  subject: "whose subject is",
  email: "whose verified address is",
  group: "everybody in the group",
};

function BindingRow({ binding, onEnd }: { readonly binding: Binding; readonly onEnd: (binding: Binding) => void }) {
  const { claim, value, issuer, principal_id, role, created_at, created_by, revoked_at } = binding;
  return (
    <>
      <div className={revoked_at === null ? "" : "soft"}>
        {CLAIMS[claim]} <strong>{value}</strong>
        <p className="soft">at {issuer}</p>
      </div>
      <div className={revoked_at === null ? "" : "soft"}>
        {principal_id === null ? "as themselves" : `as ${principal_id}`}, {role}
        <p className="soft">
          bound by {created_by} <Time at={created_at} />
        </p>
      </div>
      {revoked_at === null ? (
        <button type="button" onClick={() => onEnd(binding)}>
          let in no more …
        </button>
      ) : (
        <span className="soft">
          ✕ ended <Time at={revoked_at} />
        </span>
      )}
    </>
  );
}

const EndDialog = ({ binding, onClose }: { readonly binding: Binding; readonly onClose: () => void }) => (
  <ActDialog
    title={`Let ${binding.value} in no more?`}
    verb="let in no more"
    isGrave
    needsReason={false}
    onClose={onClose}
    onConfirm={(reason, act) => act(`/v1/bindings/${encodeURIComponent(binding.binding_id)}/remove`, { reason })}
  >
    <p>
      The next request of every browser that signed in by it is refused. What was done stays{" "}
      {binding.principal_id ?? "its people's"}; a key that they have still counts.
    </p>
  </ActDialog>
);
