import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

// Reads the golden fixtures: see the package's README for their form.

const folder = join(import.meta.dirname, "..", "fixtures")

export interface InvalidLine {
  readonly line: string
  readonly kind: string
  readonly path: string | null
}

/** The names that have fixtures, which are the names of the schemas. */
export function fixtureNames(kind: "valid" | "invalid"): ReadonlyArray<string> {
  return readdirSync(join(folder, kind)).map((name) => name.replace(/\.ndjson$/, ""))
}

export function validLines(name: string): ReadonlyArray<string> {
  return linesOf("valid", name)
}

export function invalidLines(name: string): ReadonlyArray<InvalidLine> {
  return linesOf("invalid", name).map((text) => {
    const [line, kind, path] = JSON.parse(text) as [string, string, string | null]
    return { line, kind, path }
  })
}

function linesOf(kind: "valid" | "invalid", name: string): ReadonlyArray<string> {
  return readFileSync(join(folder, kind, `${name}.ndjson`), "utf8")
    .split("\n")
    .slice(0, -1)
}
