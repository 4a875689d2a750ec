// What a step wrote, bounded: the beginning and the end are kept, the middle is left out and said to be missing. Bounds
// are in bytes of UTF-8.

export interface BoundedOutput {
  /** Takes text in; it may be cut in anything but the middle of a character. */
  readonly append: (text: string) => void
  readonly result: () => { readonly text: string; readonly truncated: boolean; readonly bytes: number }
}

/** Holds at most `limit` bytes plus the last text that was appended. The first quarter is head, the rest is tail. */
export function makeBoundedOutput(limit: number): BoundedOutput {
  const headLimit = Math.floor(limit / 4)
  const tailLimit = limit - headLimit
  let head = ""
  let headBytes = 0
  let tail: Array<{ readonly text: string; readonly bytes: number }> = []
  let tailBytes = 0
  let bytes = 0

  const append = (text: string) => {
    const size = Buffer.byteLength(text)
    bytes += size
    if (tailBytes === 0 && headBytes + size <= headLimit) {
      head += text
      headBytes += size
      return
    }
    tail.push({ text, bytes: size })
    tailBytes += size
    let surplus = 0
    while (tailBytes - (tail[surplus]?.bytes ?? tailBytes) >= tailLimit) {
      tailBytes -= tail[surplus]?.bytes ?? 0
      surplus++
    }
    if (surplus > 0) tail = tail.slice(surplus)
  }

  const result = () => {
    const end = tail.map((part) => part.text).join("")
    if (bytes === headBytes + tailBytes && bytes <= limit) return { text: head + end, truncated: false, bytes }
    const kept = lastBytes(end, tailLimit)
    const missing = bytes - headBytes - Buffer.byteLength(kept)
    return { text: `${head}\n[... ${missing} bytes left out ...]\n${kept}`, truncated: true, bytes }
  }

  return { append, result }
}

/** The last `limit` bytes of a text, beginning with a whole character. */
function lastBytes(text: string, limit: number): string {
  const encoded = Buffer.from(text)
  let from = Math.max(0, encoded.length - limit)
  while (((encoded[from] ?? 0) & 0xc0) === 0x80) from++
  return encoded.subarray(from).toString()
}

/** The beginning of a text, at most `limit` bytes of UTF-8, with a note when something is missing. */
export function firstBytes(text: string, limit: number): string {
  if (text.length * 3 <= limit || Buffer.byteLength(text) <= limit) return text
  const encoded = Buffer.from(text)
  let to = limit
  while (to > 0 && ((encoded[to] ?? 0) & 0xc0) === 0x80) to--
  return `${encoded.subarray(0, to).toString()}\n[... ${encoded.length - to} bytes left out ...]`
}
