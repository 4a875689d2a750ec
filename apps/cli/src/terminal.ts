// What the terminal can do, and how foreign text is made harmless for it.

type Environment = Readonly<Record<string, string | undefined>>

export interface Looks {
  readonly colour: boolean
  /** A last line that is drawn over: only on a terminal that can. */
  readonly live: boolean
  /** Marks beyond ASCII. */
  readonly marks: boolean
}

/** NO_COLOR and FORCE_COLOR decide before the terminal does; a pipe gets plain lines. */
export function looksOf(stream: { readonly isTTY?: boolean }, environment: Environment): Looks {
  const terminal = stream.isTTY === true && environment["TERM"] !== "dumb"
  return { colour: wantsColour(terminal, environment), live: terminal, marks: terminal && speaksUtf8(environment) }
}

function wantsColour(terminal: boolean, environment: Environment): boolean {
  const force = environment["FORCE_COLOR"]
  if (force !== undefined && force !== "") return force !== "0" && force !== "false"
  const refused = environment["NO_COLOR"]
  return terminal && (refused === undefined || refused === "")
}

function speaksUtf8(environment: Environment): boolean {
  const locale = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || ""
  return locale === "" || /utf-?8/i.test(locale)
}

/** A note for people: one line on stderr, so that stdout holds nothing but what was asked for. */
export function say(text: string): void {
  process.stderr.write(`${harmless(text)}\n`)
}

const sequences =
  // Strings that end with BEL or ST (titles, links, device control); then CSI; then what is left of two characters.
  // oxlint-disable-next-line no-control-regex
  /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c|(?=\n)|$)|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g
/** C0 without tab and newline, DEL, C1, and the marks that turn the reading direction around. */
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** Text of an agent as plain text: no sequence that could move the cursor, set a title or colour is left in it. */
export function harmless(text: string): string {
  return text.replace(sequences, "").replace(controls, "")
}

/** One line of output as a person would see it: what a carriage return has overwritten is left out. */
export function harmlessLine(line: string): string {
  const end = line.endsWith("\r") ? line.slice(0, -1) : line
  return harmless(end.slice(end.lastIndexOf("\r") + 1))
}

/** Cuts a line to so many columns; wide characters count twice. */
export function fitColumns(text: string, columns: number): string {
  let used = 0
  let fitted = ""
  let shorter = ""
  for (const character of text) {
    used += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1
    if (used > columns) return `${shorter}…`
    shorter = fitted
    fitted += character
  }
  return fitted
}
