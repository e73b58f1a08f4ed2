import semver from "semver";
import type { Brand } from "./brand.ts";

/** One exact version by Semantic Versioning 2.0.0, such as `1.4.0` or `2.0.0-rc.1`. */
export type Version = Brand<string, "Version">;

/** Reads an exact version; `undefined` for ranges, leading `v` or zeros, white space, and anything else. */
export function parseVersion(text: string): Version | undefined {
  const parsed = semver.parse(text);
  if (parsed === null) return undefined;
  const build = parsed.build.length > 0 ? `+${parsed.build.join(".")}` : "";
  return parsed.version + build === text ? (text as Version) : undefined;
}

/** Negative when `a` is the earlier one, 0 when they have equal precedence (build metadata does not count). */
export const compareVersions = (a: Version, b: Version): number => semver.compare(a, b);
