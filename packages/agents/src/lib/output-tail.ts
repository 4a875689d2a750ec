// The end of a growing text. Memory is bounded by twice the limit, whatever is written.

/** Owned by one dialect. When full, the oldest text goes. */
export interface OutputTail {
  readonly limit: number
  parts: Array<string>
  length: number
  truncated: boolean
}

/** `limit` counts UTF-16 code units. */
export function makeOutputTail(limit: number): OutputTail {
  return { limit, parts: [], length: 0, truncated: false }
}

export function appendOutput(tail: OutputTail, text: string): void {
  tail.parts.push(text)
  tail.length += text.length
  if (tail.length > tail.limit * 2) cut(tail)
}

/** The text, at most `limit` long, never beginning in the middle of a character. */
export function readOutput(tail: OutputTail): string {
  if (tail.length > tail.limit) cut(tail)
  return tail.parts.join("")
}

function cut(tail: OutputTail): void {
  const text = tail.parts.join("").slice(-tail.limit)
  const kept = isLowSurrogate(text.charCodeAt(0)) ? text.slice(1) : text
  tail.parts = [kept]
  tail.length = kept.length
  tail.truncated = true
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
