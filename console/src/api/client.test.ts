import { afterEach, expect, test, vi } from "vitest";
import { act, read } from "./client.ts";

afterEach(() => vi.unstubAllGlobals());

test("a refusal is told with its code and remedy; an answer that is none of the server's, and no answer, as unreachable", async () => {
  const refusal = { code: "ROLE_REQUIRED", detail: "a viewer does not act", remedy: "ask an administrator" };
  const answers = [
    () => Promise.resolve(Response.json(refusal, { status: 403 })),
    () => Promise.resolve(new Response("<h1>Bad Gateway</h1>", { status: 502 })),
    () => Promise.reject(new TypeError("fetch failed")),
  ];
  vi.stubGlobal("fetch", () => answers.shift()?.());

  await expect(act("shop", "/v1/holds", {})).rejects.toMatchObject({
    message: refusal.detail,
    code: refusal.code,
    remedy: refusal.remedy,
    status: 403,
  });
  await expect(read("shop", "/v1/runs")).rejects.toMatchObject({ code: "UNREACHABLE", status: 502 });
  await expect(read("shop", "/v1/runs")).rejects.toMatchObject({ code: "UNREACHABLE", status: 0 });
});
