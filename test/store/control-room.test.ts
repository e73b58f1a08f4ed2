import { expect, test } from "vitest";
import { after } from "../../src/contracts/index.ts";
import { revokeTool } from "../../src/guard/index.ts";
import { inTenant } from "../../src/store/index.ts";
import { ControlRoom } from "../../src/worker/index.ts";
import { SHOP, useShop } from "./ingress-shop.ts";

const shop = useShop();

/** A room; `hold` is waited for in the middle of each reading. */
const roomOf = (hold: () => Promise<void> = async () => undefined) =>
  new ControlRoom({
    database: shop.database,
    host: shop.host,
    installationKey: new Uint8Array(32).fill(7),
    readPromoted: async () => {
      await hold();
      return null;
    },
    readApplyHold: async () => null,
  });

const revokes = (tool: string) =>
  inTenant(shop.database, SHOP, (sql) =>
    revokeTool(sql, { tool, by: "admin", reason: "recalled", at: shop.host.clock.now() }),
  );

test("facts are as fresh as the newest answer that told no newer ones, and an older answer does not age them", async () => {
  const room = roomOf();
  const first = await room.reread(SHOP);
  const readAt = shop.host.clock.now();
  const laterAt = after(readAt, 5);

  await room.at(SHOP, first?.revision ?? 0, laterAt);
  await room.at(SHOP, first?.revision ?? 0, readAt);

  expect(room.heard(SHOP)).toEqual({ control: first, asOf: laterAt });
});

test("who is told of newer facts reads them, and from then on all know them", async () => {
  const room = roomOf();
  const before = await room.reread(SHOP);
  await revokes("lookUp");

  const read = await room.at(SHOP, (before?.revision ?? 0) + 1);

  expect(read.revoked).toContain("lookUp");
  expect(room.heard(SHOP)?.control).toBe(read);
});

test("facts that were read before others and arrive after them are not kept", async () => {
  let isHeld = true;
  let begun = (): void => undefined;
  let release = (): void => undefined;
  const isReading = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const room = roomOf(async () => {
    if (!isHeld) return;
    begun();
    await released;
  });
  const slow = room.reread(SHOP);
  await isReading;
  isHeld = false;
  await revokes("note");
  const newer = await room.reread(SHOP);

  release();
  const older = await slow;

  expect(older?.revision).toBeLessThan(newer?.revision ?? 0);
  expect(room.heard(SHOP)?.control).toBe(newer);
});
