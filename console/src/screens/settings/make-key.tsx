import { useState } from "react";
import { useGrant } from "../../api/right.ts";
import type { ApiKey } from "../../api/wire.ts";
import { ActDialog } from "../../ui/dialog.tsx";

type Role = ApiKey["role"];

const ROLES: { readonly [R in Role]: string } = {
  viewer: "viewer: sees",
  operator: "operator: sees, runs and mends",
  approver: "approver: sees and decides",
  admin: "admin: does everything here",
  installer: "installer: administers the installation",
};

const KINDS: { readonly [K in ApiKey["kind"]]: string } = {
  person: "a person",
  service: "a service",
  agent: "an agent, which never approves",
};

const isOf = <T extends string>(all: { readonly [K in T]: string }, name: string): name is T =>
  Object.hasOwn(all, name);

interface MakeKeyProps {
  readonly onClose: () => void;
  /** Told the key, which no later answer holds. */
  readonly onMade: (key: string) => void;
}

export function MakeKeyDialog({ onClose, onMade }: MakeKeyProps) {
  const isInstaller = useGrant()?.role === "installer";
  const [principal, setPrincipal] = useState("");
  const [kind, setKind] = useState<ApiKey["kind"]>("person");
  const [role, setRole] = useState<Role>("viewer");
  return (
    <ActDialog
      title="Make a key"
      verb="make the key"
      needsReason={null}
      onClose={onClose}
      onConfirm={async (_reason, act) => {
        const made = await act<{ readonly key: string }>("/v1/keys", { principal_id: principal, kind, role });
        onMade(made.key);
      }}
    >
      <label>
        whose it is
        <input
          value={principal}
          required
          maxLength={255}
          pattern="[A-Za-z0-9@._\-]+"
          title="letters, digits, @, ., _ and -"
          placeholder="ann"
          onChange={({ target }) => setPrincipal(target.value)}
        />
      </label>
      <label>
        who that is
        <select value={kind} onChange={({ target: { value } }) => isOf(KINDS, value) && setKind(value)}>
          {Object.entries(KINDS).map(([name, says]) => (
            <option key={name} value={name}>
              {says}
            </option>
          ))}
        </select>
      </label>
      <label>
        what it may do
        <select value={role} onChange={({ target: { value } }) => isOf(ROLES, value) && setRole(value)}>
          {Object.entries(ROLES)
            .filter(([name]) => isInstaller || name !== "installer")
            .map(([name, says]) => (
              <option key={name} value={name}>
                {says}
              </option>
            ))}
        </select>
      </label>
      <p className="soft">The key is shown once, after it was made.</p>
    </ActDialog>
  );
}
