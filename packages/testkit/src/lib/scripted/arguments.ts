import type { Deed } from "./world.ts"

// The few shapes that a deed's arguments have.

/** How a deed is written, and how its arguments are read; `undefined` when they are wrong. */
export interface DeedWord {
  readonly usage: string
  readonly read: (text: string) => Deed | undefined
}

/** A deed without arguments. */
export function bare(usage: string, deed: Deed): DeedWord {
  return { usage, read: (text) => (text === "" ? deed : undefined) }
}

/** A deed whose argument is the rest of its line, which may not be empty. */
export function withText(usage: string, make: (text: string) => Deed | undefined): DeedWord {
  return { usage, read: (text) => (text === "" ? undefined : make(text)) }
}

/** A deed with whole numbers: at least the first count of them, at most the second; the missing ones are 1. */
export function withNumbers(
  usage: string,
  [least, most]: readonly [number, number],
  make: (...numbers: ReadonlyArray<number>) => Deed
): DeedWord {
  return {
    usage,
    read: (text) => {
      const given = text === "" ? [] : text.split(/\s+/)
      if (given.length > most || given.length < least || !given.every((word) => /^\d+$/.test(word))) return undefined
      return make(...given.map(Number), ...Array.from({ length: most - given.length }, () => 1))
    }
  }
}

/** Splits one word from the rest of a line. */
export function wordAndRest(text: string): readonly [string, string] {
  const word = text.split(" ", 1)[0] ?? ""
  return [word, text.slice(word.length).trim()]
}
