import { isEvent } from "./envelope.ts"
import type { EventFrame } from "./stdio-frames.ts"

// Event lines, of which there are millions, begin alike: everything before the payload is the same for all events of a
// run. A reader remembers these heads. For a line that begins with a known head and ends with `}`, only what lies between
// is parsed: that is JSON exactly when the line is, and the frame is the one that parsing the whole line would give.
// Every other line is left to the codec, which is always right and only slower.

/** Remembers the heads of one stream. Bounded: a new head takes the place of an old one. */
export interface EventLines {
  readonly heads: Array<Head | undefined>
  /** The length of the head that was met last; most heads of a stream have it. */
  length: number
  /** Lines whose head was known and which were something else all the same. Too many of them end the remembering. */
  misfits: number
}

interface Head {
  /** The line up to its payload: `{"type":"event","id":"run_1","event":`. */
  readonly text: string
  readonly id: string
}

const places = 4096
const lastPlace = places - 1
/** A head may stand in any of this many neighbouring places. */
const neighbours = 4
const mostMisfits = 64
/** The characters of an id that are looked at in order to find its place: its last ones, which differ most. */
const hashed = 8
const closingBrace = 0x7d

/** What JSON encoders put between the parts of an object: nothing, or what Python does. */
const spacings = ["", " "]

export function makeEventLines(): EventLines {
  return { heads: new Array<Head | undefined>(places).fill(undefined), length: 0, misfits: 0 }
}

/** The frame, when the line is an event with a known head. Undefined says nothing about the line. */
export function readEventLine(lines: EventLines, line: string): EventFrame | undefined {
  const { length } = lines
  const end = line.length - 1
  if (length === 0 || end <= length || line.charCodeAt(end) !== closingBrace) return undefined
  const id = findId(lines, line.slice(0, length))
  return id === undefined ? undefined : parsePayload(lines, id, line.slice(length, end))
}

/** Remembers the head of a line that was decoded by the codec. */
export function learnEventLine(lines: EventLines, line: string, frame: EventFrame): void {
  if (lines.misfits >= mostMisfits) return
  const text = spacings.map((space) => headOf(frame.id, space)).find((head) => line.startsWith(head))
  if (text === undefined) return
  lines.length = text.length
  if (findId(lines, text) !== undefined) return
  remember(lines, { text, id: frame.id })
}

function headOf(id: string, space: string): string {
  return `{"type":${space}"event",${space}"id":${space}${JSON.stringify(id)},${space}"event":${space}`
}

function findId({ heads }: EventLines, text: string): string | undefined {
  const place = placeOf(text)
  // The comparison proves that the line begins with this very head: the place is only a guess.
  const first = heads[place]
  if (first !== undefined && first.text === text) return first.id
  for (let at = place + 1; at < place + neighbours; at++) {
    const head = heads[at & lastPlace]
    if (head !== undefined && head.text === text) return head.id
  }
  return undefined
}

function remember({ heads }: EventLines, head: Head): void {
  const place = placeOf(head.text)
  let at = place
  while (at < place + neighbours && heads[at & lastPlace] !== undefined) at++
  heads[at === place + neighbours ? place : at & lastPlace] = head
}

/** Computed by hand: for a part of a larger string that is several times faster than a Map, which has to copy the part. */
function placeOf(text: string): number {
  const end = text.length - `","event":`.length
  let hash = 0
  for (let at = end > hashed ? end - hashed : 0; at < end; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return (hash ^ (hash >>> 12)) & lastPlace
}

/** A payload that is no event by itself may still be part of a sound line, say one with a further field behind it. */
function parsePayload(lines: EventLines, id: string, payload: string): EventFrame | undefined {
  try {
    const event: unknown = JSON.parse(payload)
    return isEvent(event) ? { type: "event", id, event } : undefined
  } catch {
    if (++lines.misfits >= mostMisfits) lines.length = 0
    return undefined
  }
}
