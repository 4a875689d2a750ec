import { createHash } from "node:crypto"
import { chmodSync, lstatSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Layer, type Scope } from "effect"
import { fileNameOf, runIdOf } from "./file-name.ts"
import { Journal, type JournalPage, type JournalWriter, type ReadRequest } from "./Journal.ts"
import {
  errorName,
  type JournalFailed,
  journalFailed,
  type TraceExists,
  type TraceNotFound,
  traceExists,
  traceNotFound
} from "./JournalError.ts"
import { makeFolder } from "./MakeFolder.ts"
import { createSegment } from "./SegmentFile.ts"
import { readPage, readRunId } from "./SegmentReader.ts"

export interface SegmentJournalOptions {
  /** The data folder. It is created private (0700) when it is missing; traces stand in its folder `runs`. */
  readonly folder: string
}

/**
 * Keeps every run in one append-only file, `<folder>/runs/<run id>.ndjson`, private to the user (0600).
 *
 * Writing is synchronous on purpose. A write to the page cache takes microseconds and survives `kill -9` of this
 * process; and because it returns before more can be appended, memory stays bounded without ever pausing a child. It
 * does not survive the loss of power: that would need a flush per write, which was measured at some two hundred times
 * the price. A disk that hangs holds the whole process. Reading is asynchronous.
 *
 * Full disk: the write fails as a whole, half a line is taken back, and all earlier records stay readable. A file that
 * was torn by a crash is read up to its last whole line. Links in the way are refused.
 */
export const SegmentJournal = {
  layer: (options: SegmentJournalOptions): Layer.Layer<Journal, JournalFailed> =>
    Layer.effect(
      Journal,
      Effect.map(
        attempt(options.folder, () => prepareFolder(options.folder)),
        (runs) => makeJournal(runs)
      )
    )
}

function makeJournal(runs: string): Journal["Service"] {
  const pathOf = (runId: string) => join(runs, fileNameOf(runId, digest))
  return Journal.of({
    open: (runId) => openSegment(runId, pathOf(runId)),
    read: (runId, request) => readSegment(runId, pathOf(runId), request),
    list: listRuns(runs)
  })
}

function openSegment(
  runId: string,
  path: string
): Effect.Effect<JournalWriter, JournalFailed | TraceExists, Scope.Scope> {
  const create = Effect.try({
    try: () => createSegment(path),
    catch: (error) => (errorName(error) === "EEXIST" ? traceExists(runId) : journalFailed(path, error))
  })
  return Effect.acquireRelease(create, (writer) => Effect.sync(writer.close))
}

function readSegment(
  runId: string,
  path: string,
  request: ReadRequest
): Effect.Effect<JournalPage, JournalFailed | TraceNotFound> {
  return Effect.tryPromise({
    try: () => readPage(path, runId, request),
    catch: (error) => (errorName(error) === "ENOENT" ? traceNotFound(runId) : journalFailed(path, error))
  })
}

function listRuns(runs: string): Effect.Effect<ReadonlyArray<string>, JournalFailed> {
  return Effect.tryPromise({
    try: async () => {
      const entries = await readdir(runs, { withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile())
      const found = await Promise.all(files.map((entry) => runIdOfFile(runs, entry.name)))
      return found.filter((runId) => runId !== undefined).sort()
    },
    catch: (error) => journalFailed(runs, error)
  })
}

async function runIdOfFile(runs: string, name: string): Promise<string | undefined> {
  const known = runIdOf(name)
  return known === "digested" ? readRunId(join(runs, name)).catch(() => undefined) : known?.runId
}

/** The data folder is the operator's: only when it is created here does it get its mode here. `runs` is always ours. */
function prepareFolder(folder: string): string {
  makeFolder(folder)
  const runs = join(folder, "runs")
  makeFolder(runs)
  const stat = lstatSync(runs)
  if (stat.isSymbolicLink()) throw Object.assign(new Error(`${runs} is a symbolic link`), { code: "ELOOP" })
  if (!stat.isDirectory()) throw new Error(`${runs} is not a folder`)
  if ((stat.mode & 0o077) !== 0) chmodSync(runs, 0o700)
  return runs
}

function attempt<A>(path: string, make: () => A): Effect.Effect<A, JournalFailed> {
  return Effect.try({ try: make, catch: (error) => journalFailed(path, error) })
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}
