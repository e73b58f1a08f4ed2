import { useState } from "react";
import { useRead } from "../../api/query.ts";
import { useBar } from "../../api/right.ts";
import type { Credentials, WebhookAddresses } from "../../api/wire.ts";
import { Barred } from "../../ui/barred.tsx";
import { Digest } from "../../ui/digest.tsx";
import { OnceDialog } from "../../ui/once.tsx";
import { Time } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";
import { OpenAddressDialog } from "./open-address.tsx";
import { SetServiceDialog } from "./set-service.tsx";

export type Service = Credentials["credentials"][number];

/** Both ways between the tenant and its providers. */
export function Channels() {
  const bar = useBar("administer");
  return (
    <div className="halves">
      <Services bar={bar} />
      <Addresses bar={bar} />
    </div>
  );
}

interface BarProps {
  readonly bar: ReturnType<typeof useBar>;
}

function Services({ bar }: BarProps) {
  const [asked, setAsked] = useState<Service | "new" | null>(null);
  return (
    <section>
      <div className="heading">
        <h2>Services that are called</h2>
        <button type="button" disabled={bar !== null} onClick={() => setAsked("new")}>
          set a service …
        </button>
      </div>
      <Barred bar={bar} />
      {bar === null ? <ServiceList onChange={setAsked} /> : null}
      {asked === null ? null : (
        <SetServiceDialog service={asked === "new" ? null : asked} onClose={() => setAsked(null)} />
      )}
    </section>
  );
}

function ServiceList({ onChange }: { readonly onChange: (service: Service) => void }) {
  const query = useRead<Credentials>("/v1/credentials");
  return (
    <View
      query={query}
      empty={{
        when: ({ credentials }) => credentials.length === 0,
        says: "No service has a credential.",
        command: "countermark credential set stripe --origin https://api.stripe.com",
      }}
    >
      {({ credentials }) => (
        <ul className="rows-of" aria-label="services">
          {credentials.map((one) => (
            <li key={one.service}>
              <div>
                <strong>{one.service}</strong> <code>{one.origin}</code>
                <p className="soft">
                  {one.settings.length === 0 ? "no settings" : `settings: ${one.settings.join(", ")}`}
                  {one.overlaps ? " · webhooks of the one before are still taken" : ""}
                </p>
              </div>
              <div className="acts">
                <button type="button" onClick={() => onChange(one)}>
                  change …
                </button>
              </div>
            </li>
          ))}
        </ul>
      )}
    </View>
  );
}

function Addresses({ bar }: BarProps) {
  const [isAsked, setAsked] = useState(false);
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <section>
      <div className="heading">
        <h2>Addresses for webhooks</h2>
        <button type="button" disabled={bar !== null} onClick={() => setAsked(true)}>
          open an address …
        </button>
      </div>
      <Barred bar={bar} />
      {bar === null ? <AddressList /> : null}
      {isAsked ? <OpenAddressDialog onClose={() => setAsked(false)} onOpened={setOpened} /> : null}
      {opened === null ? null : <OnceDialog title="The address" text={opened} onClose={() => setOpened(null)} />}
    </section>
  );
}

function AddressList() {
  const query = useRead<WebhookAddresses>("/v1/endpoints");
  return (
    <View
      query={query}
      empty={{
        when: ({ endpoints }) => endpoints.length === 0,
        says: "No provider delivers here.",
        command: "countermark endpoint add stripe",
      }}
    >
      {({ endpoints }) => (
        <ul className="rows-of" aria-label="addresses for webhooks">
          {endpoints.map((one) => (
            <li key={one.endpoint_id}>
              <div>
                <strong>{one.provider}</strong> <Digest text={one.endpoint_id} shown={13} />
                {one.missing_setting === null ? null : (
                  <p className="wait">
                    ◔ takes nothing in until its credential has the setting <code>{one.missing_setting}</code>
                  </p>
                )}
              </div>
              <span className="soft aside">
                {one.disabled_at === null ? "" : "takes nothing any more · "}opened <Time at={one.created_at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </View>
  );
}
