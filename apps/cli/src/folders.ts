import { homedir } from "node:os"
import { isAbsolute, join, resolve } from "node:path"

// Where things are kept, by the XDG rules: a relative path in one of their variables is to be ignored.

type Environment = Readonly<Record<string, string | undefined>>

/** Traces: $XDG_STATE_HOME/signalbox. */
export function stateFolder(environment: Environment): string {
  return join(base(environment, "XDG_STATE_HOME", ".local/state"), "signalbox")
}

/** What can be made again: $XDG_CACHE_HOME/signalbox. */
export function cacheFolder(environment: Environment): string {
  return join(base(environment, "XDG_CACHE_HOME", ".cache"), "signalbox")
}

/** The operator's settings: $XDG_CONFIG_HOME/signalbox. */
export function configFolder(environment: Environment): string {
  return join(base(environment, "XDG_CONFIG_HOME", ".config"), "signalbox")
}

/** A path for people: what is in the home folder begins with ~. */
export function showPath(path: string, environment: Environment): string {
  const home = homeOf(environment)
  const full = resolve(path)
  if (full === home) return "~"
  return full.startsWith(`${home}/`) ? `~${full.slice(home.length)}` : full
}

function base(environment: Environment, variable: string, standard: string): string {
  const set = environment[variable]
  return set !== undefined && isAbsolute(set) ? set : join(homeOf(environment), standard)
}

function homeOf(environment: Environment): string {
  const home = environment["HOME"]
  return home !== undefined && isAbsolute(home) ? home : homedir()
}
