// What a source file imports and exports, read with a real parser: a regular expression would see imports in strings.
import { parseSync } from "oxc-parser"
import { readText } from "./workspace.ts"

export interface ImportOf {
  readonly specifier: string
  readonly line: number
  /** Nothing of it is there when the program runs. */
  readonly typeOnly: boolean
  /** `namespace` for `import * as z`, `names` for `import { z }` and `import z`, `all` for `export *`. */
  readonly form: "namespace" | "names" | "all" | "dynamic" | "bare"
}

export interface ExportOf {
  readonly name: string
  readonly line: number
  /** The module that it is re-exported from, when this file does not declare it. */
  readonly from: string | undefined
}

export interface ModuleOf {
  readonly path: string
  readonly imports: ReadonlyArray<ImportOf>
  readonly exports: ReadonlyArray<ExportOf>
  /** Whether the file holds statements other than imports and re-exports. */
  readonly hasBody: boolean
}

/** Reads one file. Throws when it cannot be parsed: a guard that skips such a file would be blind to it. */
export function moduleOf(root: string, path: string): ModuleOf {
  const text = readText(root, path)
  const parsed = parseSync(path, text)
  const fault = parsed.errors.find((error) => error.severity === "Error")
  if (fault !== undefined) throw new Error(`${path} cannot be parsed: ${fault.message}`)
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length
  return {
    path,
    imports: [...staticImports(parsed, lineAt), ...reExports(parsed, lineAt), ...dynamicImports(parsed, text, lineAt)],
    exports: exportsOf(parsed, lineAt),
    hasBody: parsed.program.body.some((statement) => !isOnlyPassingOn(statement))
  }
}

type Parsed = ReturnType<typeof parseSync>
type LineAt = (offset: number) => number

function staticImports(parsed: Parsed, lineAt: LineAt): ReadonlyArray<ImportOf> {
  return parsed.module.staticImports.map((one) => ({
    specifier: one.moduleRequest.value,
    line: lineAt(one.start),
    typeOnly: one.entries.length > 0 && one.entries.every((entry) => entry.isType),
    form: formOf(one.entries.map((entry) => entry.importName.kind))
  }))
}

function formOf(kinds: ReadonlyArray<string>): ImportOf["form"] {
  if (kinds.length === 0) return "bare"
  return kinds.every((kind) => kind === "NamespaceObject") ? "namespace" : "names"
}

function reExports(parsed: Parsed, lineAt: LineAt): ReadonlyArray<ImportOf> {
  return parsed.module.staticExports.flatMap((one) => {
    const specifier = one.entries[0]?.moduleRequest?.value
    if (specifier === undefined) return []
    const everything = one.entries.some((entry) => entry.importName.kind.startsWith("All"))
    const typeOnly = one.entries.every((entry) => entry.isType)
    return [{ specifier, line: lineAt(one.start), typeOnly, form: everything ? ("all" as const) : ("names" as const) }]
  })
}

function dynamicImports(parsed: Parsed, text: string, lineAt: LineAt): ReadonlyArray<ImportOf> {
  return parsed.module.dynamicImports.flatMap((one) => {
    const argument = text.slice(one.moduleRequest.start, one.moduleRequest.end)
    const literal = /^["'`]([^"'`$]+)["'`]$/.exec(argument)?.[1]
    if (literal === undefined) return []
    return [{ specifier: literal, line: lineAt(one.start), typeOnly: false, form: "dynamic" as const }]
  })
}

function exportsOf(parsed: Parsed, lineAt: LineAt): ReadonlyArray<ExportOf> {
  return parsed.module.staticExports.flatMap((one) =>
    one.entries.map((entry) => ({
      name: entry.exportName.name ?? (entry.exportName.kind === "Default" ? "default" : "*"),
      line: lineAt(entry.start),
      from: entry.moduleRequest?.value
    }))
  )
}

function isOnlyPassingOn(statement: Parsed["program"]["body"][number]): boolean {
  if (statement.type === "ExportAllDeclaration") return true
  return statement.type === "ExportNamedDeclaration" && statement.source !== null
}
