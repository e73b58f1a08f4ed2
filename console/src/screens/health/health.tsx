import "./health.css";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { useCalmRead, useLastNews } from "../../api/calm.ts";
import type { Series } from "../../api/wire.ts";
import { View } from "../../ui/view.tsx";
import { Breakers } from "./breakers.tsx";
import { Charts } from "./charts.tsx";
import { Costs, Refusals } from "./costs.tsx";
import { Events } from "./events.tsx";
import { figuresOf, isBlank } from "./figures.ts";
import { Leases } from "./leases.tsx";
import { Letters } from "./letters.tsx";
import { chosenRange, rangeOf, seriesPath } from "./range.ts";
import { RangeBar } from "./range-bar.tsx";
import { TakeoverList } from "./takeovers.tsx";
import { Workers } from "./workers.tsx";

/** What moves runs and what stands in their way: over a time, and now. */
export function HealthScreen() {
  const search = useSearch({ from: "/t/$tenant/health" });
  const navigate = useNavigate({ from: "/t/$tenant/health" });
  const news = useLastNews();
  const range = rangeOf(search, news === 0 ? Date.now() : news);
  const path = seriesPath(range);
  const series = useCalmRead<Series>(path);
  const choose = useCallback(
    (from: number, to: number) => {
      const chosen = chosenRange(from, to);
      if (chosen !== null) void navigate({ search: chosen });
    },
    [navigate],
  );
  return (
    <div className="health">
      <div className="heading">
        <h1>Health</h1>
        <RangeBar range={range} />
      </div>
      <View
        query={series}
        empty={{
          when: (data) => figuresOf(data).every(isBlank),
          says: "Nothing ended and nothing was refused in this time.",
          command: "countermark run start WORKFLOW --input '{}'",
        }}
      >
        {(data) => (
          <>
            <Charts series={data} onChoose={choose} />
            <div className="pair">
              <Costs series={data} path={path} />
              <Refusals series={data} />
            </div>
          </>
        )}
      </View>
      <p className="divide">
        <span>now</span>
      </p>
      <Breakers />
      <Letters />
      <Events />
      <div className="pair">
        <Leases />
        <Workers />
      </div>
      <TakeoverList />
    </div>
  );
}
