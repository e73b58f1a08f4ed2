import { isIP } from "node:net";
import { type Code, PASS, refuse, type Verdict } from "../contracts/index.ts";
import type { Mode } from "./call.ts";

/*
 * Which origin a tool may reach (commerce-kernel 4.9, integrations.md 8).
 *
 * N1  A host is compared in canonical form: percent-decoded once, lower-case, IDNA, without a trailing dot.
 * N2  User-info is always refused; a literal address, a port of its own or plain http only passes as a listed origin.
 * N3  Sandbox mode reaches configured simulator origins and nothing else, and only on this machine.
 * N4  A scope without hosts has no network, in both modes.
 */

export interface NetworkPolicy {
  readonly mode: Mode;
  /** The scope's `network_allowlist`: host names, or origins such as `http://10.0.0.5:8080`. */
  readonly allow: readonly string[];
  /** Simulator origins that sandbox mode may reach. */
  readonly sandboxOrigins: readonly string[];
}

/** Canonical form of an URL's host (N1), or `undefined` when it is no URL. */
export function canonicalHost(url: string): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed === undefined ? undefined : hostOf(parsed);
}

// The WHATWG parser has percent-decoded, lower-cased and IDNA-encoded the host, and read every spelling of an IPv4 address.
const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");

/** Whether the policy lets a call reach the URL; refused with `NETWORK_DENIED` or, in sandbox mode, `LIVE_FORBIDDEN`. */
export function networkVerdict(target: string, policy: NetworkPolicy): Verdict {
  if (!URL.canParse(target)) return refuse("NETWORK_DENIED", "the target is not an absolute URL");
  const url = new URL(target);
  if (url.username !== "" || url.password !== "") return denied(url, "NETWORK_DENIED", "carries user-info"); // N2
  if (policy.allow.length === 0) return denied(url, "NETWORK_DENIED", "is not reachable: the scope lists no host"); // N4
  return policy.mode === "sandbox" ? sandboxVerdict(url, policy) : liveVerdict(url, policy);
}

function sandboxVerdict(url: URL, policy: NetworkPolicy): Verdict {
  const isSimulator = policy.sandboxOrigins.some((origin) => isSameOrigin(url, origin));
  if (isSimulator && isLoopbackName(hostOf(url))) return PASS; // N3
  const isListed = policy.allow.some((entry) => isEntryOf(url, entry));
  return isListed
    ? denied(url, "LIVE_FORBIDDEN", "is a live host; sandbox mode reaches simulators only")
    : denied(url, "NETWORK_DENIED", "is not on the scope's allow-list");
}

const liveVerdict = (url: URL, policy: NetworkPolicy): Verdict =>
  policy.allow.some((entry) => isEntryOf(url, entry))
    ? PASS
    : denied(url, "NETWORK_DENIED", "is not on the scope's allow-list");

function isEntryOf(url: URL, entry: string): boolean {
  if (entry.includes("://")) return isSameOrigin(url, entry);
  const host = hostOf(url);
  return url.protocol === "https:" && url.port === "" && isIP(host) === 0 && host === canonicalHost(`https://${entry}`); // N2
}

function isSameOrigin(url: URL, origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const listed = new URL(origin);
  return url.protocol === listed.protocol && url.port === listed.port && hostOf(url) === hostOf(listed);
}

/** `localhost`, 127.0.0.0/8 or ::1. A name that only resolves there is checked again by the egress, after resolution. */
export const isLoopbackName = (host: string): boolean => host === "localhost" || isLoopbackAddress(host);

export const isLoopbackAddress = (address: string): boolean =>
  address === "::1" || (isIP(address) === 4 && address.startsWith("127."));

const denied = (url: URL, code: Code, why: string): Verdict =>
  refuse(code, `\`${hostOf(url)}\` ${why}`, { details: { host: hostOf(url), port: url.port, protocol: url.protocol } });
