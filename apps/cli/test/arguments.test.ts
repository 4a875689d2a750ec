import { describe, expect, it } from "vitest"
import { readArguments } from "../src/arguments.ts"
import { commands } from "../src/command-table.ts"
import { faultText, isCliFault } from "../src/cli-fault.ts"
import { commandHelp, overviewHelp } from "../src/help.ts"

const understood = (...argv: ReadonlyArray<string>) => {
  const request = readArguments(argv)
  if (request.type !== "command") throw new Error(`not a command but ${request.type}`)
  const { command, flags, words, program } = request.arguments
  return { name: command.name, flags: Object.fromEntries(flags), words, program }
}

function faultOf(...argv: ReadonlyArray<string>): { readonly text: string; readonly exit: number } {
  try {
    readArguments(argv)
  } catch (error) {
    if (isCliFault(error)) return { text: faultText(error), exit: error.exit }
    throw error
  }
  throw new Error("it was understood")
}

describe("a command line that is understood", () => {
  it("names an agent and a prompt", () => {
    expect(understood("run", "--agent", "codex", "Fix it")).toEqual({
      name: "run",
      flags: { agent: "codex" },
      words: ["Fix it"],
      program: undefined
    })
  })

  it.each([
    ["a value after an equals sign", ["run", "--agent=codex", "x"], { agent: "codex" }],
    ["a switch", ["run", "--json", "x"], { json: "true" }],
    ["a short switch", ["run", "-q", "x"], { quiet: "true" }],
    ["options after the prompt", ["run", "x", "--json"], { json: "true" }],
    ["the last of two values", ["run", "--model", "a", "--model", "b", "x"], { model: "b" }],
    ["a value that begins with a dash after an equals sign", ["run", "--model=-x", "x"], { model: "-x" }],
    ["a single dash as a value", ["run", "--prompt-file", "-"], { "prompt-file": "-" }]
  ])("holds %s", (_what, argv, flags) => {
    expect(understood(...argv).flags).toEqual(flags)
  })

  it("takes a single dash as the prompt", () => {
    expect(understood("run", "-").words).toEqual(["-"])
  })

  it("leaves everything after -- to the program, its own options and dashes included", () => {
    const { program, flags, words } = understood("run", "--json", "prompt", "--", "make", "--json", "--", "-x")
    expect({ program, flags, words }).toEqual({
      program: ["make", "--json", "--", "-x"],
      flags: { json: "true" },
      words: ["prompt"]
    })
  })

  it.each([
    [["--help"], "help"],
    [["-h"], "help"],
    [["help"], "help"],
    [["run", "--help", "--nonsense-after-it"], undefined],
    [["--version"], "version"],
    [["version"], "version"],
    [[], "nothing"]
  ])("%j is a request for %s", (argv, type) => {
    if (type === undefined) expect(() => readArguments(argv)).toThrow(/nonsense-after-it/)
    else expect(readArguments(argv).type).toBe(type)
  })

  it("gives help for a command also beside too many words", () => {
    expect(readArguments(["run", "one", "two", "--help"])).toMatchObject({ type: "help", command: { name: "run" } })
    expect(readArguments(["help", "doctor"])).toMatchObject({ type: "help", command: { name: "doctor" } })
  })
})

describe("a command line with a mistake", () => {
  it.each([
    ["a misspelt option", ["run", "--agnet", "codex"], "there is no option --agnet; did you mean --agent?"],
    ["an option of nobody", ["run", "--frobnicate"], "there is no option --frobnicate."],
    ["an unknown short option", ["run", "-z"], "there is no option -z"],
    ["an option without its value", ["run", "--agent"], "--agent needs a value: --agent NAME"],
    ["an option whose value looks like an option", ["run", "--agent", "--json"], "write --agent=--json"],
    ["a switch with a value", ["run", "--json=yes", "x"], "--json takes no value"],
    ["a prompt without quotes", ["run", "fix", "the", "tests"], '"the" is too much: a prompt is one word to the shell'],
    ["nothing after --", ["run", "--"], "a program must follow --"],
    [
      "a prompt that looks like an option after --",
      ["run", "--", "--fix it"],
      "a prompt that begins with a dash comes by -"
    ],
    ["-- where no program may stand", ["doctor", "--", "x"], "nothing may follow --"],
    ["a misspelt command", ["rnu", "x"], "there is no command rnu: did you mean run?"],
    ["a command of nobody", ["frobnicate"], "the commands are run, agents, conformance, doctor"],
    ["an option before the command", ["--json", "run"], "there is no option before the command --json"],
    ["words for a command without words", ["agents", "codex"], '"codex" is too much'],
    ["--session", ["run", "--session", "s", "x"], "--session: sessions are not there yet"],
    ["--detach", ["run", "--detach", "x"], "--detach: a run cannot be left alone: there is no server yet"],
    ["--server", ["run", "--server", "http://x", "x"], "--server: there is no server yet"]
  ])("is refused in one line with exit code 2: %s", (_what, argv, words) => {
    const { text, exit } = faultOf(...argv)
    expect(text).toContain(words)
    expect(text).not.toContain("\n")
    expect(text).toMatch(/Try `signalbox (\w+ )?--help`\./)
    expect(exit).toBe(2)
  })
})

describe("the help", () => {
  it("shows every command, and each command every option, with examples that are understood", () => {
    const overview = overviewHelp("1.2.3")
    for (const command of commands) {
      const text = commandHelp(command)
      expect(overview).toContain(`  ${command.name}`)
      for (const { name, notYet } of command.options) expect(text.includes(`--${name}`)).toBe(notYet === undefined)
      for (const [example] of command.examples) expect(text).toContain(example)
    }
    expect(overview).toContain("signalbox 1.2.3")
  })

  it("is not wider than 120 columns", () => {
    const lines = commands.flatMap((command) => commandHelp(command).split("\n"))
    expect(lines.filter((line) => line.length > 120)).toEqual([])
  })
})
