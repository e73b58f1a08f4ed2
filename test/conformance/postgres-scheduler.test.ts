import { postgresSchedule } from "../../src/worker/index.ts";
import { schedulerConformance } from "./scheduler-suite.ts";

schedulerConformance({ name: "postgres", schedule: async () => postgresSchedule, temporal: null });
