import { expect, test } from "vitest";
import { ENDPOINTS } from "./endpoints.ts";

test("no two requests have one address", () => {
  const addresses = ENDPOINTS.map(({ method, path }) => `${method} ${path}`);

  expect(addresses.filter((address, at) => addresses.indexOf(address) !== at)).toEqual([]);
});
