import { createHash, createHmac } from "node:crypto";

export const sha256Hex = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

export const hmacSha256 = (key: string | Uint8Array, message: string, encoding: "hex" | "base64"): string =>
  createHmac("sha256", key).update(message, "utf8").digest(encoding);

const sorted = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, member]) => [name, sorted(member)]));
};

/** A digest that does not depend on the order of members: by it a provider compares a repeated request. */
export const stableDigest = (value: unknown): string => sha256Hex(JSON.stringify(sorted(value)));
