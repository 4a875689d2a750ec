// A text that may grow for ever while only its beginning is kept.

/** The first characters of a text, and how many were left out behind them. */
export interface BoundedText {
  readonly head: string
  readonly cut: number
}

export const noText: BoundedText = { head: "", cut: 0 }

/** Cuts a text to at most `most` UTF-16 units, never through a character. */
export function boundedText(text: string, most: number): BoundedText {
  if (text.length <= most) return { head: text, cut: 0 }
  const end = isHighSurrogate(text.charCodeAt(most - 1)) ? most - 1 : most
  return { head: text.slice(0, end), cut: text.length - end }
}

/** The same as bounding the whole text at once, however it was cut into pieces. */
export function appendText(text: BoundedText, more: string, most: number): BoundedText {
  if (text.cut > 0) return { head: text.head, cut: text.cut + more.length }
  return boundedText(text.head + more, most)
}

/** The text for a person: what was left out is said. */
export function showText(text: BoundedText): string {
  return text.cut === 0 ? text.head : `${text.head}\n[... ${text.cut} more characters]`
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
