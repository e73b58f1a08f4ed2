import { Link, useSearch } from "@tanstack/react-router";
import { useRead } from "../../api/query.ts";
import type { Environments } from "../../api/wire.ts";
import { Tabs, tabProps } from "../../ui/tabs.tsx";
import { View } from "../../ui/view.tsx";
import { BundlesPart } from "./bundles.tsx";
import { EnvironmentPart } from "./environment.tsx";
import { useNext } from "./next.ts";
import { RELEASES_TABS } from "./search.ts";
import { Track } from "./track.tsx";
import "./releases.css";

/** What each environment holds, what comes next and what keeps it back, how it came there, and the way back. */
export function ReleasesScreen() {
  const { tab = "environments" } = useSearch({ from: "/t/$tenant/releases" });
  return (
    <section>
      <h1>Releases</h1>
      <Tabs name="parts of the releases">
        {RELEASES_TABS.map(([one, says]) => (
          <Link key={one} from="/t/$tenant/releases" to="." search={{ tab: one }} {...tabProps(one === tab)}>
            {says}
          </Link>
        ))}
      </Tabs>
      {tab === "bundles" ? <BundlesPart /> : <EnvironmentsPart />}
    </section>
  );
}

function EnvironmentsPart() {
  const query = useRead<Environments>("/v1/environments");
  return (
    <View
      query={query}
      empty={{
        when: ({ environments }) => environments.every(({ bundle }) => bundle === null),
        says: "No bundle was promoted yet.",
        command:
          "countermark bundle build PACK --key release.pem --out shop.bundle\ncountermark promote shop.bundle --to dev",
      }}
    >
      {(data) => <Standing {...data} />}
    </View>
  );
}

function Standing(data: Environments) {
  const next = useNext(data.environments);
  return (
    <>
      <Track {...data} />
      {data.environments.map((one) => (
        <EnvironmentPart
          key={one.environment}
          held={one}
          holds={data.holds.filter(({ scope }) => scope === "all" || scope === one.environment)}
          next={next.find(({ environment }) => environment === one.environment) ?? null}
        />
      ))}
    </>
  );
}
