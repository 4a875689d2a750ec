// Splits a command line into words, without a shell: quotes group, a backslash takes the next character as it is, and
// nothing else has a meaning. `$HOME`, `*` and `|` stay what they are.

export type SplitCommandLine =
  | { readonly ok: true; readonly file: string; readonly args: ReadonlyArray<string> }
  | { readonly ok: false; readonly fault: CommandLineFault }

export interface CommandLineFault {
  readonly code: "invalid_request"
  readonly message: string
  readonly remedy: string
}

interface Scan {
  readonly text: string
  readonly words: Array<string>
  at: number
  /** The word so far; undefined between words, so that "" is a word. */
  word: string | undefined
}

type Problem = string | undefined

/** Splits `text` into a program and its arguments. */
export function splitCommandLine(text: string): SplitCommandLine {
  if (text.includes("\0")) return refused("the command line holds a NUL character")
  const scan: Scan = { text, words: [], at: 0, word: undefined }
  while (scan.at < text.length) {
    const problem = takeOne(scan)
    if (problem !== undefined) return refused(problem)
  }
  endWord(scan)
  const [file, ...args] = scan.words
  if (file === undefined || file === "") return refused("the command line names no program")
  return { ok: true, file, args }
}

function takeOne(scan: Scan): Problem {
  const character = scan.text.charAt(scan.at++)
  if (isBlank(character)) return endWord(scan)
  scan.word ??= ""
  if (character === "'") return takeSingleQuoted(scan)
  if (character === '"') return takeDoubleQuoted(scan)
  if (character !== "\\") scan.word += character
  else if (scan.at === scan.text.length) return "the command line ends in a backslash that escapes nothing"
  else scan.word += scan.text.charAt(scan.at++)
  return undefined
}

function takeSingleQuoted(scan: Scan): Problem {
  const end = scan.text.indexOf("'", scan.at)
  if (end < 0) return unbalanced("'", scan.at)
  scan.word += scan.text.slice(scan.at, end)
  scan.at = end + 1
  return undefined
}

/** Inside double quotes a backslash escapes only a double quote and a backslash. */
function takeDoubleQuoted(scan: Scan): Problem {
  const start = scan.at
  while (scan.at < scan.text.length) {
    const character = scan.text.charAt(scan.at++)
    if (character === '"') return undefined
    const next = scan.text.charAt(scan.at)
    if (character === "\\" && (next === '"' || next === "\\")) {
      scan.word += next
      scan.at++
    } else scan.word += character
  }
  return unbalanced('"', start)
}

function endWord(scan: Scan): undefined {
  if (scan.word !== undefined) scan.words.push(scan.word)
  scan.word = undefined
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t" || character === "\n" || character === "\r"
}

function unbalanced(quote: string, afterQuote: number): string {
  return `the quote ${quote} at character ${afterQuote} of the command line is never closed`
}

function refused(message: string): SplitCommandLine {
  const remedy =
    "Write the program and its arguments as you would in a shell, for example: node runner.js --name 'two words'."
  return { ok: false, fault: { code: "invalid_request", message, remedy } }
}
