import { Buffer } from "node:buffer"
import { constants } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import type { JournalPage, ReadRequest } from "./Journal.ts"
import { linePrefix, readHead, type TraceLine } from "./trace-line.ts"

// Pages of a segment file. Every line begins with its `seq` at a known place, so a cursor is found by halving the file
// and no index is needed, neither in memory nor on disk. The file is open while one page is read and no longer.

const standardRecords = 256
const standardBytes = 1024 * 1024
const chunkBytes = 64 * 1024
const newline = 0x0a

/** Where a page ended: the byte at which line `seq` begins. */
interface Place {
  readonly seq: number
  readonly offset: number
}

interface Segment {
  readonly file: FileHandle
  readonly size: number
  readonly runId: string
  readonly prefix: Buffer
}

/** Reads one page. Rejects with what the system says, or with an Error that names the line that is no record. */
export async function readPage(path: string, runId: string, request: ReadRequest): Promise<JournalPage> {
  return withSegment(path, runId, async (segment) => {
    const seq = request.after + 1
    const known = request.place as Place | undefined
    const offset = known?.seq === seq ? known.offset : await findLine(segment, seq)
    return collectLines(segment, { seq, offset }, request)
  })
}

/** The run id that the first line of a file names; undefined when there is no whole line. */
export async function readRunId(path: string): Promise<string | undefined> {
  return withSegment(path, "", async (segment) => {
    const end = await findNewline(segment, 0, segment.size)
    if (end < 0) return undefined
    return readHead((await bytesAt(segment, 0, end)).toString())?.runId
  })
}

async function withSegment<A>(path: string, runId: string, use: (segment: Segment) => Promise<A>): Promise<A> {
  // O_NONBLOCK: a pipe that somebody put in the place of the file must not hold the reader.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw new Error("it is not a regular file")
    return await use({ file, size: stat.size, runId, prefix: Buffer.from(linePrefix(runId)) })
  } finally {
    await file.close()
  }
}

/** The byte at which line `seq` begins; the end of the whole lines when there is none. */
async function findLine(segment: Segment, seq: number): Promise<number> {
  if (seq <= 1) return 0
  // The line at `low` is not behind the wanted one; every line that begins at `high` or later is, or is torn.
  let low = 0
  let high = segment.size
  while (high - low > chunkBytes) {
    const middle = Math.floor((low + high) / 2)
    const before = await findNewline(segment, middle, high - 1)
    if (before >= 0 && (await seqAt(segment, before + 1)) <= seq) low = before + 1
    else high = middle + 1
  }
  return skipLines(segment, low, seq - (await seqAt(segment, low)))
}

/** The byte behind so many whole lines, or behind the last whole line when there are not so many. */
async function skipLines(segment: Segment, from: number, count: number): Promise<number> {
  let offset = from
  let left = count
  for (let at = from; left > 0 && at < segment.size; at += chunkBytes) {
    const chunk = await bytesAt(segment, at, Math.min(segment.size, at + chunkBytes))
    for (let end = chunk.indexOf(newline); end >= 0 && left > 0; end = chunk.indexOf(newline, end + 1)) {
      offset = at + end + 1
      left--
    }
  }
  return offset
}

/** The `seq` of the line at a byte; infinite when no whole head stands there: nothing, or a torn line. */
async function seqAt(segment: Segment, offset: number): Promise<number> {
  const prefix = segment.prefix
  const head = await bytesAt(segment, offset, Math.min(segment.size, offset + prefix.length + 20))
  if (head.length <= prefix.length) return Number.POSITIVE_INFINITY
  const digits = /^([1-9]\d*),/.exec(head.toString("latin1", prefix.length))
  if (digits !== null && prefix.equals(head.subarray(0, prefix.length))) return Number(digits[1])
  if ((await findNewline(segment, offset, segment.size)) < 0) return Number.POSITIVE_INFINITY
  throw new Error(`byte ${offset} is not the beginning of a record of this run`)
}

async function findNewline(segment: Segment, from: number, to: number): Promise<number> {
  for (let at = from; at < to; at += chunkBytes) {
    const found = (await bytesAt(segment, at, Math.min(to, at + chunkBytes))).indexOf(newline)
    if (found >= 0) return at + found
  }
  return -1
}

async function bytesAt(segment: Segment, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, to - from))
  let length = 0
  while (length < bytes.length) {
    const { bytesRead } = await segment.file.read(bytes, length, bytes.length - length, from + length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return bytes.subarray(0, length)
}

interface Page {
  readonly lines: Array<TraceLine>
  seq: number
  offset: number
  bytes: number
}

async function collectLines(segment: Segment, place: Place, request: ReadRequest): Promise<JournalPage> {
  const page: Page = { lines: [], seq: place.seq, offset: place.offset, bytes: 0 }
  let wanted = chunkBytes
  while (!isPageFull(page, request)) {
    const to = Math.min(segment.size, page.offset + wanted)
    const chunk = await bytesAt(segment, page.offset, to)
    const before = page.offset
    takeLines(segment, page, chunk, request)
    if (page.offset > before) continue
    if (to === segment.size) return { lines: page.lines, place: placeOf(page), torn: chunk.length }
    wanted *= 2
  }
  return { lines: page.lines, place: placeOf(page), torn: 0 }
}

function takeLines(segment: Segment, page: Page, chunk: Buffer, request: ReadRequest): void {
  let from = 0
  while (!isPageFull(page, request)) {
    const end = chunk.indexOf(newline, from)
    if (end < 0) return
    const line = decodeLine(segment, page, chunk.toString("utf8", from, end), end - from)
    page.lines.push(line)
    page.seq++
    page.offset += end - from + 1
    page.bytes += line.bytes
    from = end + 1
  }
}

function decodeLine(segment: Segment, page: Page, text: string, bytes: number): TraceLine {
  const head = readHead(text)
  if (head === undefined || head.runId !== segment.runId || head.seq !== page.seq) {
    throw new Error(`byte ${page.offset} is not the beginning of record ${page.seq} of this run`)
  }
  return { seq: head.seq, status: head.status, text, bytes }
}

function isPageFull(page: Page, request: ReadRequest): boolean {
  if (page.seq > (request.through ?? Number.POSITIVE_INFINITY)) return true
  const { records = standardRecords, bytes = standardBytes } = request
  return page.lines.length > 0 && (page.lines.length >= records || page.bytes >= bytes)
}

function placeOf(page: Page): Place {
  return { seq: page.seq, offset: page.offset }
}
