import * as z from "zod"

// Ids are minted by the host, unique for ever and ordered by time; foreign ids only have to be sane strings.

/** The longest id that any wire accepts, in Unicode code points. */
export const MAX_ID_LENGTH = 256

export const RunId = z.string().min(1).max(MAX_ID_LENGTH)
export type RunId = z.infer<typeof RunId>

/**
 * Whether a value passes as an id, without zod's cost: for code that meets an id with every line. A code point has one or
 * two UTF-16 units, so only an id that is longer in units has to be counted.
 */
export function isRunId(value: unknown): value is RunId {
  if (typeof value !== "string" || value.length === 0 || value.length > 2 * MAX_ID_LENGTH) return false
  return value.length <= MAX_ID_LENGTH || [...value].length <= MAX_ID_LENGTH
}

/** What an id is made from: milliseconds since 1970 and ten random bytes. Both are inputs, so that tests can repeat them. */
export interface IdSeed {
  readonly now: number
  readonly random: Uint8Array
}

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

/** Mints `run_` and 26 Crockford base-32 digits: 48 bits of time, then 80 random bits. Sorting ids sorts them by time. */
export function mintRunId(seed: IdSeed): RunId {
  return `run_${base32Time(seed.now)}${base32Random(seed.random)}`
}

function base32Time(now: number): string {
  let rest = Math.max(0, Math.floor(now))
  let text = ""
  for (let digit = 0; digit < 10; digit++) {
    text = alphabet.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}

function base32Random(random: Uint8Array): string {
  if (random.length < 10) throw new RangeError("an id needs ten random bytes")
  let bits = 0
  let held = 0
  let text = ""
  for (const byte of random.subarray(0, 10)) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet.charAt((held >>> bits) & 31)
    }
    held &= (1 << bits) - 1
  }
  return text
}
