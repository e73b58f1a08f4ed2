import { expect, test } from "vitest";
import type { ApiKey } from "../../api/wire.ts";
import { membersOf, parseSettings } from "./members.ts";

const key = (principal_id: string, role: ApiKey["role"], revoked_at: string | null = null): ApiKey => ({
  key_id: `${principal_id}-${role}`,
  principal_id,
  kind: "person",
  role,
  created_at: "2026-01-01T00:00:00.000Z",
  revoked_at,
  binding_id: null,
  is_yours: false,
});

test("somebody's roles are those of the keys that count; who has none comes last", () => {
  const keys = [
    key("ann", "viewer", "2026-01-02T00:00:00.000Z"),
    key("ben", "viewer"),
    key("ben", "admin"),
    key("ben", "viewer"),
  ];

  expect(membersOf(keys).map(({ principal_id, roles, revoked }) => [principal_id, roles, revoked.length])).toEqual([
    ["ben", ["viewer", "admin"], 0],
    ["ann", [], 1],
  ]);
});

test("settings are one a line, and a line that is none is named", () => {
  expect(parseSettings("api_version=2026-01\n\n webhook_secret = a=b ")).toEqual({
    ok: true,
    settings: { api_version: "2026-01", webhook_secret: "a=b" },
  });
  expect(parseSettings("api_version")).toEqual({ ok: false, line: "api_version" });
});
