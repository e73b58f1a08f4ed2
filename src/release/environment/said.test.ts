import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../contracts/index.ts";
import { replacedIn } from "./said.ts";

const carried = (name: string, text: string) => ({ path: `evidence/${name}`, sha256: sha256Hex(text) });
const EVIDENCE = [carried("R05.json", "five"), carried("R06.json", "six"), carried("context.json", "for staging")];
const replaced = (...evidence: { readonly name: string; readonly text: string }[]) =>
  replacedIn({ evidence: EVIDENCE }, { evidence });

describe("PRM-03: a decision on other evidence than a bundle carries is known by the names of the files", () => {
  test("files of other bytes are in the place of the bundle's, also beside these; files that are not there are in nobody's place", () => {
    const own = { name: "R05.json", text: "five" };

    expect(replaced(own, { name: "R07.json", text: "seven" })).toEqual([]);
    expect(replaced({ name: "R06.json", text: "6" }, own)).toEqual(["R06.json"]);
    expect(replaced(own, { name: "R05.json", text: "5" })).toEqual(["R05.json"]);
  });

  test("what is asked is no evidence, unless it brings some itself", () => {
    const five = { name: "R05.json", text: "five" };

    expect(replaced(five, { name: "context.json", text: "{}" })).toEqual([]);
    expect(replaced(five, { name: "context.json", text: '{"reports":{}}' })).toEqual(["R06.json"]);
  });
});
