import { splitCommandLine } from "@signalbox/agents"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

describe("a command line", () => {
  it.each([
    ["node runner.js", ["node", "runner.js"]],
    ["  node \t runner.js\n", ["node", "runner.js"]],
    ["run 'two words'", ["run", "two words"]],
    ['run "two words"', ["run", "two words"]],
    ["run ''", ["run", ""]],
    ["a'b c'd", ["ab cd"]],
    [`run "it's" 'say "hi"'`, ["run", "it's", 'say "hi"']],
    ['run "a \\"quote\\" and \\\\ and \\n"', ["run", 'a "quote" and \\ and \\n']],
    ["run a\\ b \\'", ["run", "a b", "'"]],
    ["run 'a\\b'", ["run", "a\\b"]],
    ["run $HOME *.ts | rm; `x` && > y", ["run", "$HOME", "*.ts", "|", "rm;", "`x`", "&&", ">", "y"]],
    ["run 'new\nline'", ["run", "new\nline"]]
  ])("%j is split into %j", (text, words) => {
    const split = splitCommandLine(text)
    expect(split.ok ? [split.file, ...split.args] : split.fault).toEqual(words)
  })

  it.each([
    ["run 'never closed", "the quote ' at character 5 of the command line is never closed"],
    ['a "b', 'the quote " at character 3 of the command line is never closed'],
    ["run \\", "the command line ends in a backslash that escapes nothing"],
    ["", "the command line names no program"],
    ["   ", "the command line names no program"],
    ["'' a", "the command line names no program"],
    ["a\0b", "the command line holds a NUL character"]
  ])("%j is refused: %s", (text, message) => {
    const split = splitCommandLine(text)
    expect(split.ok ? split : split.fault).toMatchObject({ code: "invalid_request", message })
  })

  it("any words survive quoting and splitting", () => {
    const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`
    const word = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"))
    fc.assert(
      fc.property(word, fc.array(word), (program, args) => {
        const file = `/${program}`
        expect(splitCommandLine([file, ...args].map(quote).join(" "))).toEqual({ ok: true, file, args })
      })
    )
  })
})
