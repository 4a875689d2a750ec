// The memory of Signalbox: every run's records, committed to a journal before anybody sees them, and read from a cursor.
export { Journal, type JournalPage, type JournalWriter, type ReadRequest } from "./lib/Journal.ts"
export { JournalFailed, TraceExists, TraceNotFound } from "./lib/JournalError.ts"
export { readTrace } from "./lib/Follow.ts"
export { Recorder, type RecorderOptions } from "./lib/Recorder.ts"
export { SegmentJournal } from "./lib/SegmentJournal.ts"
export { type TraceLine } from "./lib/trace-line.ts"
