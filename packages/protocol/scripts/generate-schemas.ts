// Writes schema/*.json. With --check it writes nothing and fails when a file differs, is missing or is left over.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { renderSchemas } from "./rendered.ts"

const folder = join(import.meta.dirname, "..", "schema")
const wanted = renderSchemas()
mkdirSync(folder, { recursive: true })
const present = readdirSync(folder)
const leftOver = present.filter((name) => !wanted.has(name))
const differing = [...wanted].filter(([name, content]) => !present.includes(name) || read(name) !== content)

if (process.argv.includes("--check")) check()
else write()

function read(name: string): string {
  return readFileSync(join(folder, name), "utf8")
}

function check(): void {
  const wrong = [...leftOver, ...differing.map(([name]) => name)]
  if (wrong.length === 0) return
  console.error(
    `schema/ is not what the zod schemas say: ${wrong.join(", ")}. Run \`node scripts/generate-schemas.ts\`.`
  )
  process.exitCode = 1
}

function write(): void {
  for (const name of leftOver) rmSync(join(folder, name))
  for (const [name, content] of differing) writeFileSync(join(folder, name), content)
}
