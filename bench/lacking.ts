/** What a measurement needs and the machine has not; its message says what to do. */
export class Lacking extends Error {
  override readonly name = "Lacking";
}
