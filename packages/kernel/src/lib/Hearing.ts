import { isUtf8 } from "node:buffer"
import {
  type Dialect,
  type DialectSink,
  endOfInput,
  type LineSink,
  makeLineFramer,
  pushChunk
} from "@signalbox/machine"
import type { ExitEvidence } from "@signalbox/protocol"
import type { RunnerConfig } from "@signalbox/protocol/config"
import { evidenceText, keepLine, makeEvidenceRing } from "./evidence.ts"
import type { ProcessExit } from "./Process.ts"

// The ears of a runner: chunks of stdout and stderr to lines, lines to the dialect, plain text to the evidence.

export interface HearingParts {
  readonly config: RunnerConfig
  readonly dialect: Dialect
  readonly sink: DialectSink
  /** Called before each chunk, so that its lines have a time. */
  readonly tick: () => void
  /** The dialect threw, although it must not. What follows is still read to it: an end that was said is an end. */
  readonly failed: (error: unknown) => void
}

export interface Hearing {
  readonly stdout: (chunk: Uint8Array) => void
  readonly stderr: (chunk: Uint8Array) => void
  readonly stderrTail: () => string
  /** Both streams have ended: what is held are last lines, and the dialect gets its last word. */
  readonly exited: (exit: ProcessExit) => ExitEvidence
}

export function makeHearing({ config, dialect, sink, tick, failed }: HearingParts): Hearing {
  const ring = makeEvidenceRing(config.stderr_bytes)
  const framing = { maxBytes: config.frame_bytes, decode, isUtf8 }
  const out = makeLineFramer(framing)
  const err = makeLineFramer(framing)
  const outSink = lineSink("stdout", sink, (line) => {
    try {
      dialect.stdout(line, sink)
    } catch (error) {
      failed(error)
    }
  })
  const errSink = lineSink("stderr", sink, (line) => {
    try {
      if (!dialect.stderr(line, sink)) keepLine(ring, line)
    } catch (error) {
      keepLine(ring, line)
      failed(error)
    }
  })
  const endChunk = () => {
    try {
      dialect.chunkEnd?.(sink)
    } catch (error) {
      failed(error)
    }
  }
  return {
    stdout: (chunk) => {
      tick()
      pushChunk(out, chunk, outSink)
      endChunk()
    },
    stderr: (chunk) => {
      tick()
      pushChunk(err, chunk, errSink)
    },
    stderrTail: () => evidenceText(ring),
    exited: (exit) => {
      endOfInput(out, outSink)
      endOfInput(err, errSink)
      try {
        dialect.exited?.({ exitCode: exit.exitCode, signal: exit.signal }, sink)
      } catch (error) {
        failed(error)
      }
      return {
        exit_code: exit.exitCode,
        signal: exit.signal,
        stderr_tail: evidenceText(ring),
        drained: exit.drained,
        swept: exit.swept,
        ...(exit.left === undefined ? {} : { left: exit.left })
      }
    }
  }
}

/** Node's Buffer decodes several times faster than TextDecoder, and does not take a byte order mark away. */
function decode(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString("utf8")
}

function lineSink(stream: "stdout" | "stderr", sink: DialectSink, line: (text: string) => void): LineSink {
  return {
    line,
    repaired: (text) => sink.stray({ stream, kind: "bad_utf8", sample: text.slice(0, 256) }),
    oversize: (bytes, start) => sink.stray({ stream, kind: "oversize", sample: `${bytes} bytes: ${start}` })
  }
}
