import { type CommandFacts, commands } from "./command-table.ts"

// Help, made from the table.

export function overviewHelp(version: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2
  return [
    `signalbox ${version}: run coding agents with a trace you can trust.`,
    "",
    "Usage: signalbox COMMAND [options]",
    "",
    ...commands.map(({ name, about }) => `  ${name.padEnd(width)}${about}`),
    "",
    "Examples:",
    ...commands.flatMap(({ examples }) => examples.slice(0, 2).map(([command]) => `  ${command}`)),
    "",
    "signalbox COMMAND --help says more; signalbox --version prints the version.",
    ""
  ].join("\n")
}

export function commandHelp(command: CommandFacts): string {
  const shown = command.options.filter((option) => option.notYet === undefined)
  const heads = shown.map(({ name, short, value }) => {
    const long = value === undefined ? `--${name}` : `--${name} ${value}`
    return short === undefined ? long : `${long}, -${short}`
  })
  const width = Math.max(...heads.map((head) => head.length)) + 2
  const exampleWidth = Math.max(...command.examples.map(([example]) => example.length)) + 2
  return [
    `signalbox ${command.name}: ${command.about}.`,
    "",
    ...command.usage.map((usage, index) => `${index === 0 ? "Usage:" : "      "} ${usage}`),
    "",
    "Options:",
    ...shown.map(({ about }, index) => `  ${heads[index]?.padEnd(width)}${about}`),
    "",
    "Examples:",
    ...command.examples.map(([example, about]) => `  ${example.padEnd(exampleWidth)}# ${about}`),
    ...(command.notes === undefined ? [] : ["", ...command.notes]),
    ""
  ].join("\n")
}
