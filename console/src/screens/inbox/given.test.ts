import { expect, test } from "vitest";
import { given } from "./given.ts";

test("an approval by several people says how many have given it, and who", () => {
  expect(given({ approved_by: [], required_approvers: 2 })).toBe("0 of 2 given");
  expect(given({ approved_by: ["ann"], required_approvers: 2 })).toBe("1 of 2 given, by ann");
  expect(given({ approved_by: ["ann", "ben"], required_approvers: 2 })).toBe("2 of 2 given, by ann and ben");
});
