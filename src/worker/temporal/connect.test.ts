import { expect, test } from "vitest";
import { connectCluster, probeCluster } from "./connect.ts";

const NOWHERE = { address: "127.0.0.1:1", namespace: "default" };

const absent = () => Promise.reject(new Error("Cannot find package '@temporalio/client'"));

test("where the optional packages are not installed, it says so, and how to have them", async () => {
  const fault = { code: "SCHEDULER_NOT_INSTALLED", retry: "never" };

  await expect(connectCluster(NOWHERE, absent)).rejects.toMatchObject(fault);
  await expect(probeCluster(NOWHERE, absent)).rejects.toMatchObject(fault);
});
