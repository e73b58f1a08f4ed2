/** What is released: bundles and whose signatures on them count; packets, from which a decision is made again. */
export { decideAgain, type Packet, packetJson, parsePacket } from "./packet/packet.ts";
export { documentIn, packetPage } from "./packet/page.ts";
export { type BuiltBundle, type BundleInput, buildBundle, type PolicyReference } from "./build.ts";
export { BUNDLE_BYTES_MAX, type BundleFile, bundleText, readBundle } from "./container.ts";
export { type AgentPin, type Contents, contentsOf } from "./contents.ts";
export { LABELS, type Label, type Manifest, readManifest } from "./manifest.ts";
export { sbomOf } from "./sbom.ts";
export { newSigningKey, publicKeyOf, readSigningKey, type SigningKey } from "./signing-key.ts";
export { type KeyRole, NOBODY, type Roster, type RosterEntry, readRoster, type TrustedKey } from "./trust.ts";
export { type BundleReport, type Verification, type VerifyOptions, verifyBundle } from "./verify.ts";
