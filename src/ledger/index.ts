export { entryHash, type SealedEvent, type StreamHead, sealEvent } from "./entry.ts";
