import { Link, useSearch } from "@tanstack/react-router";
import { Tabs, tabProps } from "../../ui/tabs.tsx";
import { DecisionsPart } from "./decisions.tsx";
import { PoliciesPart } from "./policies.tsx";
import { GATES_TABS } from "./search.ts";
import { WaiversPart } from "./waivers.tsx";
import "./gates.css";

/** What may ship and why: decisions, the policies that made them, and what was let through all the same. */
export function GatesScreen() {
  const { tab = "decisions" } = useSearch({ from: "/t/$tenant/gates" });
  return (
    <section>
      <h1>Gates</h1>
      <Tabs name="parts of the gates">
        {GATES_TABS.map(([one, says]) => (
          <Link key={one} from="/t/$tenant/gates" to="." search={{ tab: one }} {...tabProps(one === tab)}>
            {says}
          </Link>
        ))}
      </Tabs>
      {PARTS[tab]}
    </section>
  );
}

const PARTS = { decisions: <DecisionsPart />, policies: <PoliciesPart />, waivers: <WaiversPart /> } as const;
