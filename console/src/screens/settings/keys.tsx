import { useState } from "react";
import { useRead } from "../../api/query.ts";
import { useBar } from "../../api/right.ts";
import type { ApiKey, Keys } from "../../api/wire.ts";
import { Barred } from "../../ui/barred.tsx";
import { ActDialog } from "../../ui/dialog.tsx";
import { Digest } from "../../ui/digest.tsx";
import { OnceDialog } from "../../ui/once.tsx";
import { Time } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";
import { MakeKeyDialog } from "./make-key.tsx";
import { type Member, membersOf } from "./members.ts";

/** People, services and agents with their keys; for who may make and revoke them. */
export function Members() {
  const bar = useBar("administer", "install");
  const [isAsked, setAsked] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  return (
    <section>
      <div className="heading">
        <h2>Members and keys</h2>
        <button type="button" disabled={bar !== null} onClick={() => setAsked(true)}>
          make a key …
        </button>
      </div>
      <Barred bar={bar} />
      {bar === null ? <MemberList /> : null}
      {isAsked ? <MakeKeyDialog onClose={() => setAsked(false)} onMade={setMade} /> : null}
      {made === null ? null : <OnceDialog title="The key" text={made} onClose={() => setMade(null)} />}
    </section>
  );
}

function MemberList() {
  const query = useRead<Keys>("/v1/keys");
  const [asked, setAsked] = useState<ApiKey | null>(null);
  return (
    <>
      <View
        query={query}
        empty={{
          when: ({ keys }) => keys.length === 0,
          says: "Nobody has a key.",
          command: "countermark key add ann --role approver",
        }}
      >
        {({ keys }) => (
          <ul className="rows-of" aria-label="members">
            {membersOf(keys).map((member) => (
              <li key={member.principal_id}>
                <MemberRow member={member} onRevoke={setAsked} />
              </li>
            ))}
          </ul>
        )}
      </View>
      {asked === null ? null : <RevokeDialog apiKey={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function MemberRow({ member, onRevoke }: { readonly member: Member; readonly onRevoke: (key: ApiKey) => void }) {
  return (
    <>
      <div>
        <strong>{member.principal_id}</strong>
        <p className="soft">
          {member.kind}, {member.roles.length === 0 ? "may do nothing any more" : member.roles.join(" and ")}
        </p>
      </div>
      <ul className="held-keys" aria-label={`keys of ${member.principal_id}`}>
        {member.keys.map((key) => (
          <li key={key.key_id}>
            <span>
              {key.role} <Digest text={key.key_id} shown={13} />{" "}
              <span className="soft">
                made <Time at={key.created_at} />
                {key.is_yours ? " · you are signed in with it" : ""}
              </span>
            </span>
            <button type="button" onClick={() => onRevoke(key)}>
              revoke …
            </button>
          </li>
        ))}
        {member.revoked.map((key) => (
          <li key={key.key_id} className="soft">
            <span>
              {key.role} <Digest text={key.key_id} shown={13} /> ✕ revoked{" "}
              <Time at={key.revoked_at ?? key.created_at} />
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function RevokeDialog({ apiKey, onClose }: { readonly apiKey: ApiKey; readonly onClose: () => void }) {
  return (
    <ActDialog
      title={`Revoke a key of ${apiKey.principal_id}?`}
      verb="revoke it for ever"
      isGrave
      needsReason={false}
      onClose={onClose}
      onConfirm={(reason, act) => act(`/v1/keys/${encodeURIComponent(apiKey.key_id)}/revoke`, { reason })}
    >
      <dl className="facts">
        <dt>key</dt>
        <dd>
          <code>{apiKey.key_id}</code>
        </dd>
        <dt>role</dt>
        <dd>{apiKey.role}</dd>
        <dt>made</dt>
        <dd>
          <Time at={apiKey.created_at} full />
        </dd>
      </dl>
      <p>
        Its next request is refused, and so is that of every browser that signed in with it. What was done with it stays{" "}
        {apiKey.principal_id}'s.
      </p>
      {apiKey.is_yours ? <p className="bad">✕ You are signed in with this key: this signs you out.</p> : null}
    </ActDialog>
  );
}
