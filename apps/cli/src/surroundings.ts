import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs"
import { delimiter, isAbsolute, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import type { LaunchContext } from "@signalbox/agents"

// What agents may ask about the machine.

type Environment = Readonly<Record<string, string | undefined>>

export function launchContext(
  environment: Environment,
  settings: Readonly<Record<string, string>>
): Omit<LaunchContext, "run"> {
  return {
    nodePath: process.execPath,
    playbookEntry: playbookEntry(),
    find: (nameOrPath) => findProgram(nameOrPath, environment["PATH"]),
    settings
  }
}

/** A name in PATH, or a path: the real path of a file that can be executed. */
export function findProgram(nameOrPath: string, path: string | undefined): string | undefined {
  if (nameOrPath === "") return undefined
  if (nameOrPath.includes("/")) return executable(resolve(nameOrPath))
  for (const folder of (path ?? "").split(delimiter)) {
    const found = isAbsolute(folder) ? executable(join(folder, nameOrPath)) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function executable(path: string): string | undefined {
  try {
    const real = realpathSync(path)
    accessSync(real, constants.X_OK)
    return statSync(real).isFile() ? real : undefined
  } catch {
    return undefined
  }
}

/** The playbook's program; from sources, the playbook's sources. */
function playbookEntry(): string | undefined {
  try {
    const built = fileURLToPath(import.meta.resolve("@signalbox/playbook/main"))
    const source = join(built, "../../src/main.ts")
    const places = import.meta.url.endsWith(".ts") ? [source, built] : [built]
    return places.find((place) => existsSync(place))
  } catch {
    return undefined
  }
}
