import type { Refusal } from "../contracts/index.ts";
import { isLiveHost, liveCredentialIn } from "./hygiene.ts";
import { canonicalHost, isLoopbackName } from "./network.ts";

/** What a sandbox installation is configured with, by name, as it is read at start. */
export interface SandboxConfiguration {
  /** Option or service name to secret. */
  readonly secrets: { readonly [name: string]: string };
  /** Service name to the origin at which it is reached. */
  readonly origins: { readonly [service: string]: string };
}

/**
 * All reasons why a process may not start in sandbox mode, in the order of the configuration; empty when there are none.
 * A live credential or host is `LIVE_FORBIDDEN`. The messages name options, never their values.
 */
export const sandboxConfigurationRefusals = (configuration: SandboxConfiguration): readonly Refusal[] => [
  ...Object.entries(configuration.secrets).flatMap(([name, secret]) => {
    const provider = liveCredentialIn(secret);
    return provider === undefined ? [] : [live(name, `holds a live credential of ${provider}`)];
  }),
  ...Object.entries(configuration.origins).flatMap(([service, origin]) => {
    const host = canonicalHost(origin);
    if (host === undefined) return [live(service, "has an origin that is no absolute URL")];
    if (isLiveHost(host)) return [live(service, `points to the live host \`${host}\``)];
    return isLoopbackName(host) ? [] : [live(service, `points to \`${host}\`, which is not on this machine`)];
  }),
];

const live = (name: string, why: string): Refusal => ({
  code: "LIVE_FORBIDDEN",
  message: `\`${name}\` ${why}`,
  details: { option: name },
});
