import { describe, expect, test } from "vitest";
import { digestOf } from "../../contracts/index.ts";
import { NOW } from "../bundle/testing/shop.ts";
import type { Environment, Health, HeldBundle } from "./environment.ts";
import { promotedOf } from "./promoted.ts";
import { lastKnownGood, rollbackTargets } from "./rollback-targets.ts";

type Place = readonly [environment: Environment, id: string, health: Health, seq: number, now?: "now"];

/** A bundle in an environment, and whether that holds it now. */
const heldIn = ([environment, id, health, seq, now]: Place): HeldBundle => ({
  environment,
  bundle_id: id,
  root_digest: digestOf(id),
  label: "release",
  artifact_digest: digestOf(`file ${id}`),
  pack_digest: digestOf(`pack ${id}`),
  contract_digests: [`contract of ${id}`],
  added_at: NOW,
  health,
  last_seq: seq,
  is_current: now === "now",
  held_since: now === "now" ? NOW : null,
  compat: null,
});

const places = (...all: readonly Place[]): readonly HeldBundle[] => all.map(heldIn);

const ids = (bundles: readonly HeldBundle[]) => bundles.map(({ bundle_id }) => bundle_id);

test("RBK-02: the last known good bundle is the newest by its move that did well there, not the present one", () => {
  const held = places(
    ["prod", "a", "good", 1],
    ["prod", "b", "good", 3],
    ["prod", "c", "pending", 4],
    ["prod", "d", "good", 5, "now"],
    ["staging", "e", "good", 9],
  );

  expect(ids(lastKnownGood(held, "prod"))).toEqual(["b", "a"]);
});

test("RBK-02: what was marked bad, anywhere, is never gone back to", () => {
  const held = places(
    ["prod", "a", "good", 1],
    ["prod", "b", "good", 2],
    ["prod", "c", "good", 3, "now"],
    ["dev", "b", "bad", 4],
  );

  expect(ids(lastKnownGood(held, "prod"))).toEqual(["a"]);
  expect(lastKnownGood(places(["prod", "a", "good", 1, "now"]), "prod")).toEqual([]);
});

test("a tenant's runtime runs the bundle of its furthest environment; earlier ones are for runs pinned to them", () => {
  const held = places(
    ["dev", "c", "pending", 9, "now"],
    ["prod", "a", "good", 1],
    ["prod", "b", "good", 2, "now"],
    ["staging", "b", "good", 2, "now"],
  );

  expect(promotedOf(held, [])).toEqual({
    environment: "prod",
    bundleId: "b",
    packDigest: digestOf("pack b"),
    contracts: new Set(["contract of b"]),
    earlier: new Map([
      [digestOf("pack a"), new Set(["contract of a"])],
      [digestOf("pack b"), new Set(["contract of b"])],
    ]),
    canary: null,
  });
});

test("a tenant none of whose environments holds a bundle has nothing promoted", () => {
  expect(promotedOf([], [])).toBeNull();
});

describe("RBK-02, RBK-03: what the state allows", () => {
  const irreversible = { state_version: 2, migrations: [{ id: "split", reversible: false }] };
  const older = { state_version: 1, migrations: [] };
  const held = places(["prod", "a", "good", 1], ["prod", "b", "good", 2], ["prod", "c", "good", 3, "now"]).map(
    (bundle) => ({ ...bundle, compat: bundle.bundle_id === "b" ? older : irreversible }),
  );
  const targets = (bundleId: string | null) => rollbackTargets(held, "prod", bundleId);

  test("the last that did well and can read the state that is there is chosen", () => {
    expect(targets(null)).toMatchObject({ ok: true, value: [{ bundle_id: "a" }] });
  });

  test("W48: one that is older by a migration that cannot be undone is refused before anything moves, and another proposed", () => {
    expect(targets("b")).toEqual({
      ok: false,
      refusal: {
        code: "ROLLBACK_INCOMPATIBLE",
        message: "`b`: `split` cannot be undone; `a` can read the state that is there",
        details: { proposed: ["a"] },
      },
    });
  });

  test("where nothing did well, or not by that name, there is no target", () => {
    const missing = (message: string) => ({ refusal: { code: "ROLLBACK_TARGET_MISSING", message } });

    expect(targets("c.bundle")).toMatchObject(
      missing("`c.bundle` is no id of another bundle that did well in prod and still verifies"),
    );
    expect(rollbackTargets([], "prod", null)).toMatchObject(
      missing("prod has held no other bundle that did well there and still verifies"),
    );
  });
});
