import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type ApiError, read } from "../../api/client.ts";
import { useTenant } from "../../api/query.ts";
import { usePlatform } from "../../api/right.ts";
import type { Tenants as TenantList } from "../../api/wire.ts";
import { Barred } from "../../ui/barred.tsx";
import { ActDialog } from "../../ui/dialog.tsx";
import { Time } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";

/** Every tenant of the installation; for who is signed in for the installation too, from whichever tenant. */
export function Tenants() {
  const platform = usePlatform();
  const [isAsked, setAsked] = useState(false);
  return (
    <section>
      <div className="heading">
        <h2>Tenants</h2>
        <button type="button" disabled={platform === undefined} onClick={() => setAsked(true)}>
          add a tenant …
        </button>
      </div>
      {platform === undefined ? (
        <Barred
          bar={{ code: "ROLE_REQUIRED", reason: "sign in with the installer's key too, to see and add tenants" }}
        />
      ) : (
        <TenantTable platform={platform} isAsked={isAsked} onClose={() => setAsked(false)} />
      )}
    </section>
  );
}

interface TenantTableProps {
  readonly platform: string;
  readonly isAsked: boolean;
  readonly onClose: () => void;
}

function TenantTable({ platform, isAsked, onClose }: TenantTableProps) {
  const tenant = useTenant();
  const query = useQuery<TenantList, ApiError>({
    queryKey: [tenant, platform, "/v1/tenants"],
    queryFn: () => read<TenantList>(platform, "/v1/tenants"),
  });
  return (
    <>
      <View
        query={query}
        empty={{
          when: ({ tenants }) => tenants.length === 0,
          says: "There is no tenant.",
          command: "countermark tenant add north",
        }}
      >
        {({ tenants }) => (
          <ul className="rows-of" aria-label="tenants">
            {tenants.map((one) => (
              <li key={one.tenant_id}>
                <div>
                  <strong>{one.tenant_id}</strong>
                  {one.name === one.tenant_id ? "" : ` ${one.name}`}{" "}
                  <span className={`mode ${one.mode}`}>{one.mode}</span>
                </div>
                <span className="soft aside">
                  {one.status.toLowerCase()} · added <Time at={one.created_at} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </View>
      {isAsked ? <AddTenantDialog platform={platform} onClose={onClose} onDone={() => void query.refetch()} /> : null}
    </>
  );
}

interface AddTenantProps {
  readonly platform: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function AddTenantDialog({ platform, onClose, onDone }: AddTenantProps) {
  const [id, setId] = useState("");
  const [mode, setMode] = useState("sandbox");
  return (
    <ActDialog
      title="Add a tenant"
      verb="add it"
      needsReason={null}
      tenant={platform}
      onClose={onClose}
      onConfirm={async (_reason, act) => {
        await act("/v1/tenants", { tenant_id: id, mode });
        onDone();
      }}
    >
      <label>
        id: a-z, 0-9, - and _
        <input value={id} required maxLength={63} placeholder="north" onChange={({ target }) => setId(target.value)} />
      </label>
      <label>
        what its tools can reach
        <select value={mode} onChange={({ target }) => setMode(target.value)}>
          <option value="sandbox">sandbox: nothing live</option>
          <option value="live">live: what its credentials name</option>
        </select>
      </label>
      <p className="soft">
        It has no key yet: `countermark key add ada --role admin --tenant {id === "" ? "north" : id}` makes the first.
      </p>
    </ActDialog>
  );
}
