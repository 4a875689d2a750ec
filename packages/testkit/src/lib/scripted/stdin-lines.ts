// Stdin's raw bytes to whole lines. A host that writes half a line, glues two together or breaks UTF-8 is noticed and
// counted here, never repaired.

export interface StdinCounts {
  /** Whole lines that were one JSON object. */
  lines: number
  /** Lines that were not: cut, glued, not UTF-8, or not ended when the input ended. */
  badLines: number
  bytes: number
}

export interface StdinLines {
  readonly counts: StdinCounts
  readonly push: (chunk: Uint8Array) => void
  readonly end: () => void
}

const newline = 0x0a

/** `take` gets each line that is one JSON object, in order. Memory is bounded by the longest line. */
export function readStdinLines(take: (frame: Readonly<Record<string, unknown>>) => void): StdinLines {
  const counts: StdinCounts = { lines: 0, badLines: 0, bytes: 0 }
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
  let held: Array<Uint8Array> = []

  const line = (bytes: Uint8Array) => {
    const frame = parseObject(decoder, bytes)
    if (frame === "blank") return
    if (frame === "bad") return void counts.badLines++
    counts.lines++
    take(frame)
  }

  return {
    counts,
    push: (chunk) => {
      counts.bytes += chunk.length
      let from = 0
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
        const part = chunk.subarray(from, at)
        const whole = held.length === 0 ? part : Buffer.concat([...held, part])
        held = []
        from = at + 1
        line(whole)
      }
      if (from < chunk.length) held.push(chunk.subarray(from))
    },
    end: () => {
      if (held.length > 0) counts.badLines++
      held = []
    }
  }
}

function parseObject(
  decoder: InstanceType<typeof TextDecoder>,
  bytes: Uint8Array
): Readonly<Record<string, unknown>> | "blank" | "bad" {
  try {
    const text = decoder.decode(bytes)
    if (text.trim() === "") return "blank"
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : "bad"
  } catch {
    return "bad"
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
