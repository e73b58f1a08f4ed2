import { describe } from "vitest";
import { HOW_TO_GET_ONE, temporalServer } from "../crash/temporal-server.ts";
import { schedulerConformance } from "./scheduler-suite.ts";

const temporal = temporalServer();

if (temporal === null) describe.skip(`the temporal scheduler ${HOW_TO_GET_ONE}`);
else {
  schedulerConformance({
    name: "temporal",
    schedule: (installation) => installation.connectTemporal(temporal),
    temporal,
  });
}
