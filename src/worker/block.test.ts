import { describe, expect, test } from "vitest";
import { Fault } from "../contracts/index.ts";
import { isExcused } from "./block.ts";

const AWAY = new Fault("DATABASE_UNAVAILABLE", "the database is not available", { retry: { afterMs: 500 } });

describe("a claim that came to nothing", () => {
  test("is excused where the database went away under it", () => {
    expect(isExcused({ epoch: 1 }, AWAY)).toBe(true);
    expect(isExcused({ epoch: 1 }, Object.assign(new Error("reset"), { code: "ECONNRESET" }))).toBe(true);
  });

  test.each([
    ["the database refused what the run wrote", new Fault("DATABASE_CONFLICT", "refused", { retry: "never" })],
    ["the run broke the code that drives it", new TypeError("no such thing")],
    ["its lease was lost and the beats were heard", null],
  ])("counts where %s", (_why, error) => {
    expect(isExcused({ epoch: 1 }, error)).toBe(false);
  });

  test("counts one time in ten whatever ended it, so that a run that takes the database away is blocked at last", () => {
    const excused = Array.from({ length: 100 }, (_, index) => isExcused({ epoch: index + 1 }, AWAY));

    expect(excused.filter((is) => !is)).toHaveLength(10);
    expect(excused.slice(0, 10).filter((is) => !is)).toHaveLength(1);
  });
});
