import type { WindowConfig } from "@signalbox/protocol/config"
import type { TraceLine } from "./trace-line.ts"

// The newest committed lines of one run, in order and without a hole, bounded in records and in bytes. All readers
// share it; none has a place in it. What has left it is read from the journal.

/** Owned by one run's log. When it is full the oldest lines leave; both bounds hold after every push. */
export interface Window {
  readonly config: WindowConfig
  /** Line `seq` stands in slot `seq % slots.length`. */
  slots: Array<TraceLine | undefined>
  /** The oldest `seq` that is held, and the one after the newest. Equal when nothing is held. */
  first: number
  next: number
  bytes: number
  /** What the last reader got. Readers with the same cursor get the same array, so a door can frame it once for all. */
  cut: Cut | undefined
}

interface Cut {
  readonly seq: number
  readonly lines: ReadonlyArray<TraceLine>
}

const fewestSlots = 16

export function makeWindow(config: WindowConfig): Window {
  return {
    config,
    slots: makeSlots(Math.min(fewestSlots, config.records)),
    first: 1,
    next: 1,
    bytes: 0,
    cut: undefined
  }
}

/** Takes the line after the newest. A line that is larger than the whole window empties it and is not held either. */
export function pushLine(window: Window, line: TraceLine): void {
  window.cut = undefined
  if (line.bytes > window.config.bytes) {
    evictUntil(window, window.next)
    window.first = line.seq + 1
    window.next = line.seq + 1
    return
  }
  while (window.next > window.first && isFull(window, line.bytes)) evictUntil(window, window.first + 1)
  if (window.next - window.first === window.slots.length) grow(window)
  window.slots[line.seq % window.slots.length] = line
  window.next = line.seq + 1
  window.bytes += line.bytes
}

/** The held lines from `seq` on; none when `seq` has left the window or has not come yet. */
export function linesFrom(window: Window, seq: number): ReadonlyArray<TraceLine> {
  if (seq < window.first || seq >= window.next) return []
  if (window.cut?.seq === seq) return window.cut.lines
  const lines: Array<TraceLine> = []
  for (let at = seq; at < window.next; at++) lines.push(window.slots[at % window.slots.length] as TraceLine)
  window.cut = { seq, lines }
  return lines
}

function isFull(window: Window, more: number): boolean {
  return window.next - window.first >= window.config.records || window.bytes + more > window.config.bytes
}

function evictUntil(window: Window, first: number): void {
  for (; window.first < first; window.first++) {
    const slot = window.first % window.slots.length
    window.bytes -= (window.slots[slot] as TraceLine).bytes
    window.slots[slot] = undefined
  }
}

function grow(window: Window): void {
  const slots = makeSlots(Math.min(window.slots.length * 2, window.config.records))
  for (let seq = window.first; seq < window.next; seq++) {
    slots[seq % slots.length] = window.slots[seq % window.slots.length]
  }
  window.slots = slots
}

function makeSlots(length: number): Array<TraceLine | undefined> {
  return new Array<TraceLine | undefined>(length).fill(undefined)
}
