/** A length of time that passes, as a clock shows it: `4:05 min`, `1:04:05 h`, `2 d 1:04:05 h`. */
export function leftOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const clock = `${two(minutes)}:${two(rest)}`;
  if (hours === 0) return `${minutes}:${two(rest)} min`;
  return hours < 24 ? `${hours}:${clock} h` : `${Math.floor(hours / 24)} d ${hours % 24}:${clock} h`;
}

const two = (value: number): string => String(value).padStart(2, "0");
