/** How far deciding again came from the record, from not at all to not being the record's workflow. */
export type DriftClass = "D0" | "D1" | "D2" | "D3" | "D4" | "D5" | "D6" | "D7" | "D8";
