/** The program's version, as its manifest has it (a test compares). */
export const VERSION = "0.1.0";
