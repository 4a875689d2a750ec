// Markdown to prose and steps. Fences are read as CommonMark reads them at the top level of a document: ``` and ~~~,
// longer fences, up to three spaces of indent. What stands in an HTML comment is not run. Lines are counted from 1.

import { type FenceOptions, readInfo } from "./fence-options.ts"

/** A shell block. `line` is the line of its opening fence; its first line of code is the one below. */
export interface Step {
  readonly type: "step"
  readonly line: number
  readonly code: string
  readonly options: FenceOptions
}

/** Everything between two steps, blocks of other languages included, without blank lines around it. */
interface Prose {
  readonly type: "prose"
  readonly line: number
  readonly text: string
}

interface Remark {
  readonly line: number
  readonly message: string
}

export type ParsedPlaybook =
  | { readonly ok: true; readonly parts: ReadonlyArray<Prose | Step>; readonly remarks: ReadonlyArray<Remark> }
  | { readonly ok: false; readonly fault: Remark }

interface Fence {
  readonly indent: number
  readonly mark: string
  readonly info: string
}

/** Reads a whole playbook before anything of it is run: a mistake in the last block is known before the first step. */
export function parsePlaybook(markdown: string): ParsedPlaybook {
  const lines = markdown.split(/\r\n|\n|\r/)
  const parts: Array<Prose | Step> = []
  const remarks: Array<Remark> = []
  let proseFrom = 0
  let at = 0
  while (at < lines.length) {
    const line = lines[at] ?? ""
    if (opensComment(line)) {
      const end = findLine(lines, at, (other) => other.includes("-->"))
      if (end < 0) return fault(at, "the comment that begins with <!-- is never closed: add -->")
      at = end + 1
      continue
    }
    const fence = openingFence(line)
    if (fence === undefined) {
      at++
      continue
    }
    const end = findClosing(lines, at + 1, fence)
    if (end < 0) return fault(at, `the block that begins with ${fence.mark} is never closed: add a line ${fence.mark}`)
    const info = readInfo(fence.info)
    if (info.type === "wrong") return fault(at, info.message)
    if (info.type === "step") {
      pushProse(parts, lines, proseFrom, at)
      const code = lines.slice(at + 1, end).map((text) => withoutIndent(text, fence.indent))
      parts.push({ type: "step", line: at + 1, code: code.join("\n"), options: info.options })
      for (const word of info.unknown) remarks.push({ line: at + 1, message: unknownWord(word) })
      proseFrom = end + 1
    }
    at = end + 1
  }
  pushProse(parts, lines, proseFrom, lines.length)
  return { ok: true, parts, remarks }
}

function opensComment(line: string): boolean {
  return /^ {0,3}<!--/.test(line)
}

function openingFence(line: string): Fence | undefined {
  const match = /^( {0,3})(`{3,}|~{3,})([^]*)$/.exec(line)
  const [, indent, mark, info] = match ?? []
  if (indent === undefined || mark === undefined || info === undefined) return undefined
  // `` ```a``` `` on one line is a code span, not a fence.
  if (mark.startsWith("`") && info.includes("`")) return undefined
  return { indent: indent.length, mark, info }
}

function findClosing(lines: ReadonlyArray<string>, from: number, fence: Fence): number {
  const closing = new RegExp(`^ {0,3}${fence.mark.charAt(0)}{${fence.mark.length},}[ \\t]*$`)
  return findLine(lines, from, (line) => closing.test(line))
}

function findLine(lines: ReadonlyArray<string>, from: number, isMeant: (line: string) => boolean): number {
  for (let at = from; at < lines.length; at++) if (isMeant(lines[at] ?? "")) return at
  return -1
}

/** A block's lines lose as much indent as its fence has, and never more than they have. */
function withoutIndent(line: string, indent: number): string {
  let spaces = 0
  while (spaces < indent && line.charAt(spaces) === " ") spaces++
  return line.slice(spaces)
}

function pushProse(parts: Array<Prose | Step>, lines: ReadonlyArray<string>, from: number, to: number): void {
  let first = from
  let last = to
  while (first < last && isBlank(lines[first])) first++
  while (last > first && isBlank(lines[last - 1])) last--
  if (first === last) return
  parts.push({ type: "prose", line: first + 1, text: lines.slice(first, last).join("\n") })
}

function isBlank(line: string | undefined): boolean {
  return (line ?? "").trim() === ""
}

function fault(at: number, message: string): ParsedPlaybook {
  return { ok: false, fault: { line: at + 1, message } }
}

function unknownWord(word: string): string {
  return `${JSON.stringify(word)} means nothing on a fence; known are continue and timeout=30s`
}
