import { createHash, createHmac } from "node:crypto";

export const sha256Hex = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

export const hmacSha256 = (key: string | Uint8Array, message: string, encoding: "hex" | "base64"): string =>
  createHmac("sha256", key).update(message, "utf8").digest(encoding);
