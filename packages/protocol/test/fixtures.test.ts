import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Ajv2020 } from "ajv/dist/2020.js"
import { describe, expect, it } from "vitest"
import { renderSchemas, sources } from "../scripts/rendered.ts"
import { decodeObjectLine, decodeStderrLine, decodeStdoutLine, type LineFault } from "../src/index.ts"
import { fixtureNames, invalidLines, validLines } from "./golden.ts"

const names = Object.keys(sources)
const valid = names.flatMap((name) => validLines(name).map((line) => [name, line] as const))
const invalid = names.flatMap((name) => invalidLines(name).map((each) => [name, each.line, each] as const))
const shaped = invalid.filter(([, , { kind }]) => kind !== "blank" && kind !== "not_json")

const ajv = new Ajv2020({ strict: true, allErrors: true, keywords: ["x-codes"] })
const validators = new Map(names.map((name) => [name, ajv.compile(readSchema(name))]))

function readSchema(name: string): object {
  return JSON.parse(readFileSync(join(import.meta.dirname, "..", "schema", `${name}.json`), "utf8")) as object
}

type Seen = { readonly kind: string; readonly path: string | null } | undefined

/** What is wrong with a line: by the line codec where it has one, else by the zod schema. */
function faultIn(name: string, line: string): Seen {
  if (name === "stdout-frame") return seen(decodeStdoutLine(line))
  if (name === "stderr-frame") return seen(decodeStderrLine(line))
  const json = decodeObjectLine(line)
  return json.ok ? faultInValue(name, json.value) : seen(json)
}

function seen(decoded: { readonly ok: boolean; readonly fault?: LineFault }): Seen {
  return decoded.fault === undefined ? undefined : { kind: decoded.fault.kind, path: decoded.fault.path ?? null }
}

function faultInValue(name: string, value: Readonly<Record<string, unknown>>): Seen {
  const issue = sources[name]?.schema.safeParse(value).error?.issues[0]
  if (issue === undefined) return undefined
  const path = [...issue.path, ...(issue.keys ?? [])].map(String)
  const holder = path.slice(0, -1).reduce<unknown>((within, key) => (within as Record<string, unknown>)[key], value)
  const blamed = (holder as Readonly<Record<string, unknown>>)[path.at(-1) ?? ""]
  const unknown = issue.note === "No matching discriminator" && typeof blamed === "string"
  return { kind: unknown ? "unknown_type" : "wrong_shape", path: path.join(".") }
}

/** The value of a line as another language's reader has it: white space and a byte order mark are trimmed first. */
const valueOf = (line: string): unknown => JSON.parse(line.trim())

describe("the golden fixtures", () => {
  it("exist for every schema and for nothing else", () => {
    expect(fixtureNames("valid")).toEqual(names.toSorted())
    expect(fixtureNames("invalid")).toEqual(names.toSorted())
  })

  it.each(valid)("%s: accepts %s", (name, line) => {
    expect(faultIn(name, line)).toBeUndefined()
    expect(sources[name]?.schema.safeParse(valueOf(line)).success).toBe(true)
  })

  it.each(invalid)("%s: refuses %j for the reason that is written beside it", (name, line, { kind, path }) => {
    expect(faultIn(name, line)).toEqual({ kind, path })
  })

  it.each(shaped)("%s: refuses %j by its zod schema too", (name, line) => {
    expect(sources[name]?.schema.safeParse(valueOf(line)).success).toBe(false)
  })
})

describe("the JSON Schemas", () => {
  it("are what the zod schemas say", () => {
    const folder = join(import.meta.dirname, "..", "schema")
    const written = readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")])
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(renderSchemas()))
  })

  it("carry an id, a title and the draft they are written in", () => {
    for (const name of names) {
      const $schema = "https://json-schema.org/draft/2020-12/schema"
      expect(readSchema(name)).toMatchObject({
        $schema,
        $id: `urn:signalbox:schema:${name}`,
        title: expect.any(String)
      })
    }
  })

  it.each(valid)("%s: accept %s too", (name, line) => {
    const accepts = validators.get(name)
    accepts?.(valueOf(line))
    expect(accepts?.errors).toBeNull()
  })

  it.each(shaped)("%s: refuse %j too", (name, line) => {
    expect(validators.get(name)?.(valueOf(line))).toBe(false)
  })
})
