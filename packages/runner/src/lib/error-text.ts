// What was thrown, in words for the wire: an `end` carries one line, a diagnostic the whole story.

const mostErrorCharacters = 16_384
const mostStoryCharacters = 65_536

/** One line, never empty. */
export function errorLine(thrown: unknown): string {
  return flatten(messageOf(thrown)) || "the run failed without saying why"
}

/** The message and the stack, when there is one. */
export function errorStory(thrown: unknown): string {
  return story(thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown))
}

/** A text of many lines, cut to what a diagnostic may carry. */
export function story(text: string): string {
  return text.length > mostStoryCharacters ? `${text.slice(0, mostStoryCharacters)}…` : text
}

/** Line breaks and the white space around them become one space. */
export function flatten(text: string): string {
  return text
    .slice(0, mostErrorCharacters)
    .replace(/\s*[\r\n\v\f\u0085\u2028\u2029]\s*/g, " ")
    .trim()
}

/** An error that says that a run was stopped from outside, named as platforms name it. */
export function abortError(message: string): Error {
  const error = new Error(message)
  error.name = "AbortError"
  return error
}

export function isAbortError(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "AbortError"
}

/** Anything can be thrown, also something that throws when it is read. */
function messageOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return thrown.message || thrown.name
    return typeof thrown === "string" ? thrown : (JSON.stringify(thrown) ?? String(thrown))
  } catch {
    return "something was thrown that cannot be shown"
  }
}
