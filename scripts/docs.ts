// Guard "docs": every `ts` block of the documents compiles against the workspace, every `sh` block is a shell program,
// every relative link leads somewhere. scripts/test/docs.test.ts carries out the `sh` blocks marked <!-- run -->.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { type Finding, main } from "./guard.ts"
import { type Block, blocksOf, documentsOf } from "./markdown.ts"
import { packagesOf, projectRoot, publishedPackagesOf, readText } from "./workspace.ts"

export function checkDocs(root: string): ReadonlyArray<Finding> {
  const documents = documentsOf(root)
  const blocks = documents.flatMap((file) => blocksOf(root, file))
  return [
    ...checkPresence(root, documents, blocks),
    ...documents.flatMap((file) => checkLinks(root, file)),
    ...blocks.filter((block) => block.language === "sh").flatMap(checkShell),
    ...checkPrograms(
      root,
      blocks.filter((block) => block.language === "ts")
    )
  ]
}

function checkPresence(
  root: string,
  documents: ReadonlyArray<string>,
  blocks: ReadonlyArray<Block>
): ReadonlyArray<Finding> {
  const wanted = ["README.md", ...publishedPackagesOf(root).map((one) => join(one.folder, "README.md"))]
  const missing = wanted.filter((file) => !documents.includes(file))
  const idle = documents.includes("README.md") && !blocks.some((block) => block.file === "README.md" && block.runs)
  return [
    ...missing.map((where) => ({
      where,
      what: "the file is missing",
      mend: "one sentence, install, an example that works, a table of exports, what it does not do"
    })),
    ...(idle
      ? [
          {
            where: "README.md",
            what: "no command in it is carried out by a test",
            mend: "write <!-- run --> on the line before a `sh` block"
          }
        ]
      : [])
  ]
}

function checkLinks(root: string, file: string): ReadonlyArray<Finding> {
  return readText(root, file)
    .split("\n")
    .flatMap((line, index) =>
      [...line.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map((match) => match[1] ?? "")
        .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(file), target)))
        .map((target) => ({
          where: `${file}:${index + 1}`,
          what: `the link to ${target} leads nowhere`,
          mend: "correct the path"
        }))
    )
}

function checkShell(block: Block): ReadonlyArray<Finding> {
  const done = spawnSync("bash", ["-n"], { input: block.text, encoding: "utf8" })
  if (done.status === 0) return []
  return [
    {
      where: `${block.file}:${block.line}`,
      what: `no shell program: ${done.stderr.trim()}`,
      mend: "write the block as complete commands"
    }
  ]
}

/** Compiles all blocks at once, each in a file whose line numbers are those of its document. */
function checkPrograms(root: string, blocks: ReadonlyArray<Block>): ReadonlyArray<Finding> {
  const folder = join(root, ".cache", "docs")
  rmSync(folder, { recursive: true, force: true })
  if (blocks.length === 0) return []
  linkPackages(root, join(folder, "node_modules"))
  const files = new Map(blocks.map((block) => [fileName(block), block]))
  for (const [name, block] of files)
    writeFileSync(join(folder, name), `${"\n".repeat(block.line)}${block.text}\nexport {}\n`)
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(compilerSettings(folder)))
  const done = spawnSync("tsc", ["-p", "tsconfig.json", "--pretty", "false"], { cwd: folder, encoding: "utf8" })
  if (done.status === 0) return []
  const output = `${done.stdout}${done.stderr}`.trim()
  const findings = [...output.matchAll(/^([^\s(]+)\((\d+),\d+\): (.*)$/gm)].map(([, name = "", line, what = ""]) => {
    const file = files.get(name)?.file ?? relative(root, join(folder, name))
    return { where: `${file}:${line}`, what, mend: "write the block as a complete program that compiles" }
  })
  return findings.length > 0 ? findings : [{ where: "tsc", what: output, mend: "make the compiler run" }]
}

function fileName(block: Block): string {
  return `${block.file.replaceAll("/", "-").replace(/\.md$/, "")}-${block.line}.ts`
}

/** What a reader of the documents would have installed: our packages, effect, zod and the types of Node. */
function linkPackages(root: string, folder: string): void {
  mkdirSync(join(folder, "@signalbox"), { recursive: true })
  mkdirSync(join(folder, "@types"), { recursive: true })
  for (const one of packagesOf(root)) {
    if (/^(@signalbox\/)?[a-z-]+$/.test(one.manifest.name))
      symlinkSync(join(root, one.folder), join(folder, one.manifest.name))
  }
  symlinkSync(join(projectRoot, "packages/kernel/node_modules/effect"), join(folder, "effect"))
  symlinkSync(join(projectRoot, "packages/protocol/node_modules/zod"), join(folder, "zod"))
  symlinkSync(join(projectRoot, "node_modules/@types/node"), join(folder, "@types/node"))
}

function compilerSettings(folder: string): object {
  return {
    extends: relative(folder, join(projectRoot, "tsconfig.base.json")),
    compilerOptions: {
      noEmit: true,
      declaration: false,
      declarationMap: false,
      sourceMap: false,
      allowImportingTsExtensions: true,
      rewriteRelativeImportExtensions: false,
      noUnusedLocals: false,
      noUnusedParameters: false
    },
    include: ["*.ts"]
  }
}

await main(import.meta.url, checkDocs)
