import { mkdirSync, statSync } from "node:fs"
import { dirname } from "node:path"

/**
 * Makes a private folder (0700) and those above it that are missing. Not by Node's `recursive`, which never returns where
 * the system says of an existing parent that the child cannot be (`mkdir /proc/x`): here that is an error as any other.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === "EEXIST" && isFolder(path)) return
    const above = dirname(path)
    if (code !== "ENOENT" || above === path || isFolder(above)) throw error
    makeFolder(above)
    // Again from the start: another process may have made it meanwhile.
    makeFolder(path)
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
