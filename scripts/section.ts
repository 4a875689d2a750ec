// A generated section of a written document: it stands between two comments and is compared or rewritten.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Finding, Settings } from "./guard.ts"

export interface Section {
  readonly file: string
  /** The section stands between `<!-- name -->` and `<!-- /name -->`. */
  readonly name: string
  /** The guard that writes it. */
  readonly guard: string
}

/** Compares the section with what it should say; writes it when asked to. */
export function generatedSection(
  root: string,
  section: Section,
  wanted: string,
  settings: Settings
): ReadonlyArray<Finding> {
  const path = join(root, section.file)
  const [open, close] = [`<!-- ${section.name} -->`, `<!-- /${section.name} -->`]
  const mend = `run \`npm run check -- ${section.guard} --write\``
  if (!existsSync(path))
    return [
      {
        where: section.file,
        what: "the file is missing",
        mend: `write it with the lines ${open} and ${close}, then ${mend}`
      }
    ]
  const text = readFileSync(path, "utf8")
  const [start, end] = [text.indexOf(open), text.indexOf(close)]
  if (start < 0 || end < start)
    return [{ where: section.file, what: `the lines ${open} and ${close} are missing`, mend: `add them, then ${mend}` }]
  const present = text.slice(start + open.length, end).trim()
  if (present === wanted.trim()) return []
  if (!settings.write) return [{ where: section.file, what: `the section "${section.name}" is out of date`, mend }]
  writeFileSync(path, `${text.slice(0, start)}${open}\n\n${wanted.trim()}\n\n${text.slice(end)}`)
  return []
}

/** Compares a whole generated file; writes it when asked to. */
export function generatedFile(
  root: string,
  file: string,
  wanted: string,
  options: Settings & { readonly mend: string }
): ReadonlyArray<Finding> {
  const path = join(root, file)
  const present = existsSync(path) ? readFileSync(path, "utf8") : undefined
  if (present === wanted) return []
  if (options.write) {
    writeFileSync(path, wanted)
    return []
  }
  const what =
    present === undefined ? "the file is missing" : `the file is out of date:\n${changedLines(present, wanted)}`
  return [{ where: file, what, mend: options.mend }]
}

/** The lines that one text has and the other has not, in order, at most 40. */
function changedLines(present: string, wanted: string): string {
  const [old, now] = [present.split("\n"), wanted.split("\n")]
  const [oldSet, nowSet] = [new Set(old), new Set(now)]
  const lines = [
    ...old.filter((line) => !nowSet.has(line)).map((line) => `  - ${line}`),
    ...now.filter((line) => !oldSet.has(line)).map((line) => `  + ${line}`)
  ]
  return lines.length > 40
    ? [...lines.slice(0, 40), `  and ${lines.length - 40} more`].join("\n")
    : lines.join("\n") || "  (only the order or the blank lines differ)"
}
