// What a step wrote, bounded: the beginning and the end are kept, the middle is left out and said to be missing. Bounds
// are in bytes of UTF-8.

export interface BoundedOutput {
  /** Takes text in; it may be cut in anything but the middle of a character. */
  readonly append: (text: string) => void
  readonly result: () => { readonly text: string; readonly truncated: boolean; readonly bytes: number }
}

const firstCapacity = 4_096

/**
 * Holds at most `limit` bytes: the first quarter is the beginning and stays, the rest is a ring that is overwritten.
 * The byte at offset n of everything that was appended lies at n in the beginning, and at n modulo its size in the ring.
 */
export function makeBoundedOutput(limit: number): BoundedOutput {
  const headSize = Math.floor(limit / 4)
  const ringSize = limit - headSize
  let store: Buffer = Buffer.alloc(Math.min(limit, firstCapacity))
  let bytes = 0

  const placeOf = (offset: number) => (offset < headSize ? offset : headSize + ((offset - headSize) % ringSize))
  const write = (piece: Buffer) => {
    for (let from = 0; from < piece.length; ) {
      const place = placeOf(bytes)
      const room = (place < headSize ? headSize : limit) - place
      const written = piece.copy(store, place, from, from + room)
      from += written
      bytes += written
    }
  }
  const append = (text: string) => {
    const piece = Buffer.from(text)
    const needed = Math.min(limit, bytes + piece.length)
    if (needed > store.length) store = enlarged(store, Math.min(limit, Math.max(needed, store.length * 2)))
    write(piece)
  }
  const result = () => {
    if (bytes <= limit) return { text: store.toString("utf8", 0, bytes), truncated: false, bytes }
    const oldest = placeOf(bytes)
    const head = wholeUntil(store, headSize)
    const tail = wholeFrom(Buffer.concat([store.subarray(oldest), store.subarray(headSize, oldest)]))
    const text = `${head}${note(bytes - head.length - tail.length)}${tail}`
    return { text, truncated: true, bytes }
  }
  return { append, result }
}

function enlarged(store: Buffer, capacity: number): Buffer {
  const larger = Buffer.alloc(capacity)
  store.copy(larger)
  return larger
}

/** The first bytes without a character that is cut at the end. */
function wholeUntil(bytes: Buffer, end: number): Buffer {
  let start = end - 1
  while (start > 0 && isInside(bytes[start])) start--
  return bytes.subarray(0, start + sizeOfCharacter(bytes[start] ?? 0) <= end ? end : start)
}

function sizeOfCharacter(firstByte: number): number {
  return firstByte < 0x80 ? 1 : firstByte < 0xe0 ? 2 : firstByte < 0xf0 ? 3 : 4
}

/** The bytes without a character that was cut at the beginning. */
function wholeFrom(bytes: Buffer): Buffer {
  let from = 0
  while (isInside(bytes[from])) from++
  return bytes.subarray(from)
}

/** Whether a byte is one of a character's later ones. */
function isInside(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

function note(missing: number): string {
  return `\n[... ${missing} bytes left out ...]\n`
}

/** The beginning of a text, at most `limit` bytes of UTF-8, with a note when something is missing. */
export function firstBytes(text: string, limit: number): string {
  if (text.length * 3 <= limit || Buffer.byteLength(text) <= limit) return text
  const bytes = Buffer.from(text)
  const kept = wholeUntil(bytes, limit)
  return `${kept}${note(bytes.length - kept.length)}`
}
