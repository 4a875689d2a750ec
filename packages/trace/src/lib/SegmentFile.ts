import { Buffer } from "node:buffer"
import { closeSync, constants, ftruncateSync, openSync, unlinkSync, writeSync } from "node:fs"
import type { Decoded } from "@signalbox/protocol"
import type { JournalWriter } from "./Journal.ts"
import { type JournalFailed, journalFailed } from "./JournalError.ts"

// One append-only file with whole lines in it.

/** What a segment asks of the system; replaced in tests that need a failing disk. */
export interface FileCalls {
  readonly write: (fd: number, bytes: Uint8Array, from: number) => number
  readonly truncate: (fd: number, length: number) => void
  readonly close: (fd: number) => void
}

const systemCalls: FileCalls = {
  write: (fd, bytes, from) => writeSync(fd, bytes, from, bytes.length - from),
  truncate: ftruncateSync,
  close: closeSync
}

/** Creates the file, private, and never opens one that exists or a link to one. Throws what the system throws. */
export function createSegment(path: string, calls: FileCalls = systemCalls): JournalWriter {
  const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
  const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  return segmentWriter({ path, fd, size: 0, isOpen: true, broken: undefined }, calls)
}

interface Segment {
  readonly path: string
  readonly fd: number
  /** Bytes of whole, acknowledged lines. */
  size: number
  isOpen: boolean
  /** Set when half a write could not be taken back: whatever came behind it would be unreadable. */
  broken: JournalFailed | undefined
}

function segmentWriter(segment: Segment, calls: FileCalls): JournalWriter {
  return {
    write: (lines) => {
      if (!segment.isOpen) return faulty(journalFailed(segment.path, "it is closed"))
      if (segment.broken !== undefined) return faulty(segment.broken)
      const bytes = Buffer.from(lines)
      try {
        writeWhole(segment.fd, bytes, calls)
      } catch (error) {
        return faulty(takeBack(segment, calls, error))
      }
      segment.size += bytes.length
      return { ok: true, value: undefined }
    },
    close: () => closeSegment(segment, calls)
  }
}

/** The system may take only a part, a full disk for example: then the next call says why. */
function writeWhole(fd: number, bytes: Uint8Array, calls: FileCalls): void {
  for (let from = 0; from < bytes.length; ) {
    const written = calls.write(fd, bytes, from)
    if (written <= 0) throw new Error("the system wrote nothing and gave no reason")
    from += written
  }
}

function takeBack(segment: Segment, calls: FileCalls, error: unknown): JournalFailed {
  const fault = journalFailed(segment.path, error)
  try {
    calls.truncate(segment.fd, segment.size)
  } catch {
    segment.broken = fault
  }
  return fault
}

function closeSegment(segment: Segment, calls: FileCalls): void {
  if (!segment.isOpen) return
  segment.isOpen = false
  try {
    // A run that was never accepted leaves nothing behind. Before the close, while the name is surely this file's.
    if (segment.size === 0) unlinkSync(segment.path)
  } catch {
    // Somebody else removed it.
  }
  try {
    calls.close(segment.fd)
  } catch {
    // The descriptor is gone either way, and every acknowledged line was written before.
  }
}

function faulty(fault: JournalFailed): Decoded<void, JournalFailed> {
  return { ok: false, fault }
}
