import type { DeedWord } from "./arguments.ts"
import { byteDeeds } from "./byte-deeds.ts"
import { processDeeds } from "./process-deeds.ts"
import { runDeeds } from "./run-deeds.ts"
import { agentMessage, type Deed } from "./world.ts"

// A prompt to deeds: one a line, the first word says which. A prompt in which no line begins with the word of a deed is
// no script; it is echoed. A script with one bad line is refused as a whole, so that a typing error is seen.

const words: ReadonlyMap<string, DeedWord> = new Map(
  [...runDeeds, ...byteDeeds, ...processDeeds].map((word) => [word.usage.split(" ", 1)[0] ?? "", word])
)

export function readScript(
  prompt: string
): { readonly ok: true; readonly deeds: ReadonlyArray<Deed> } | { readonly ok: false; readonly problem: string } {
  const lines = prompt.split("\n").map((line) => line.trim())
  if (!lines.some((line) => words.has(firstWord(line)))) {
    return { ok: true, deeds: [(world, run) => world.event(run, agentMessage(run, prompt))] }
  }
  const deeds: Array<Deed> = []
  for (const [index, line] of lines.entries()) {
    if (line === "") continue
    const name = firstWord(line)
    const word = words.get(name)
    if (word === undefined)
      return { ok: false, problem: `script line ${index + 1}: ${JSON.stringify(name)} is no deed` }
    const deed = word.read(line.slice(name.length).trim())
    if (deed === undefined) return { ok: false, problem: `script line ${index + 1}: write \`${word.usage}\`` }
    deeds.push(deed)
  }
  return { ok: true, deeds }
}

function firstWord(line: string): string {
  return line.split(" ", 1)[0] ?? ""
}
