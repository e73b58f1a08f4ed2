import { expect, test } from "vitest";
import { parseConfig } from "./config.ts";

const CONFIGURED = { COUNTERMARK_OIDC_ISSUER: "https://id.test/realm", COUNTERMARK_OIDC_CLIENT_ID: "console" };

const parsed = (env: { readonly [name: string]: string }) =>
  parseConfig({ env: { ...CONFIGURED, ...env }, flags: {}, cwd: "/shop", terminal: false });

test("an issuer and a client id are enough: people come back to where the server listens", () => {
  expect(parsed({ COUNTERMARK_PORT: "4400" })).toMatchObject({
    ok: true,
    value: {
      oidc: {
        issuer: "https://id.test/realm",
        clientId: "console",
        clientSecret: null,
        redirectBase: "http://127.0.0.1:4400",
        scope: "openid email",
        groupsClaim: "groups",
      },
    },
  });
});

test("an issuer on this machine may do without encryption", () => {
  for (const issuer of ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000"])
    expect(parsed({ COUNTERMARK_OIDC_ISSUER: issuer })).toMatchObject({ ok: true, value: { oidc: { issuer } } });
});

test.each([
  ["an issuer elsewhere without encryption", { COUNTERMARK_OIDC_ISSUER: "http://id.test" }],
  [
    "an issuer that is called like this machine and is another",
    { COUNTERMARK_OIDC_ISSUER: "http://127.0.0.1.id.test" },
  ],
  ["an issuer that is no address", { COUNTERMARK_OIDC_ISSUER: "id.test" }],
  ["an issuer without a client id", { COUNTERMARK_OIDC_CLIENT_ID: "" }],
  ["people coming back without encryption", { COUNTERMARK_OIDC_REDIRECT_BASE: "http://console.test" }],
  ["people coming back to a path", { COUNTERMARK_OIDC_REDIRECT_BASE: "https://console.test/app" }],
  ["people coming back to a port that nobody knows yet", { COUNTERMARK_PORT: "0" }],
  ["a scope that is not OpenID's", { COUNTERMARK_OIDC_SCOPE: "email" }],
])("%s is refused, and no secret is told", (_says, env) => {
  const refused = parsed({ COUNTERMARK_OIDC_CLIENT_SECRET: "hush", ...env });

  expect(refused).toMatchObject({ ok: false, refusal: { code: "CONFIG_INVALID" } });
  expect(JSON.stringify(refused)).not.toContain("hush");
});
