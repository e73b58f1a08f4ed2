import { describe, expect, test } from "vitest";
import { contractDigest } from "./contract-digest.ts";
import { contractsFor, type Promoted } from "./promoted.ts";
import { resolveCall } from "./resolve.ts";
import { registered, requestOf } from "./testing/calls.ts";

const tool = registered();
const OWN = new Set([contractDigest(tool.contract)]);
const OTHER = new Set(["0".repeat(64)]);

const PROMOTED: Promoted = {
  environment: "prod",
  bundleId: "b2",
  packDigest: "pack-2",
  contracts: OTHER,
  earlier: new Map([
    ["pack-1", OWN],
    ["pack-2", OTHER],
  ]),
  canary: null,
};

describe("the stage `contract` lets through what was promoted", () => {
  test("a tool whose contract is not in the promoted bundle is refused before its arguments are looked at", () => {
    const resolution = resolveCall(requestOf({ input: { value: { nonsense: true } } }), tool, OTHER);

    expect(resolution).toMatchObject({
      ok: false,
      admission: {
        stage: "contract",
        counted: false,
        refusal: { code: "CONTRACT_NOT_PROMOTED", details: { tool: "executeRefund", version: "1.0.0" } },
      },
    });
  });

  test("one whose contract is promoted passes, and so does every tool of a tenant without environments", () => {
    expect(resolveCall(requestOf(), tool, OWN)).toMatchObject({ ok: true });
    expect(resolveCall(requestOf(), tool, null)).toMatchObject({ ok: true });
  });

  test("a contract that differs in anything is another contract", () => {
    const changed = registered({ timeout_seconds: 11 });

    expect(resolveCall(requestOf(), changed, OWN)).toMatchObject({ ok: false });
  });
});

test("a run may call what its own bundle had, if that was ever promoted; any other run what is promoted now", () => {
  expect(contractsFor(PROMOTED, "pack-1")).toBe(OWN);
  expect(contractsFor(PROMOTED, "pack-2")).toBe(OTHER);
  expect(contractsFor(PROMOTED, "pack-never-promoted")).toBe(OTHER);
  expect(contractsFor(null, "pack-1")).toBeNull();
});
