// The written documents of the repository and the code blocks in them.
import { globSync } from "node:fs"
import { readText } from "./workspace.ts"

export interface Block {
  readonly file: string
  /** The line of the opening fence, counted from 1. */
  readonly line: number
  readonly language: string
  readonly text: string
  /** `<!-- run -->` stands on the last written line before the block: a test carries it out. */
  readonly runs: boolean
}

/** Documents for users and developers, relative to the root. */
export function documentsOf(root: string): ReadonlyArray<string> {
  return globSync(["*.md", "docs/**/*.md", "decisions/*.md", "{packages,apps}/*/README.md", "{examples,bench}/*.md"], {
    cwd: root
  })
    .filter((file) => !file.includes("node_modules"))
    .toSorted()
}

export function blocksOf(root: string, file: string): ReadonlyArray<Block> {
  const lines = readText(root, file).split("\n")
  const blocks: Array<Block> = []
  let written = ""
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ""
    const fence = /^(`{3,})(\S*)/.exec(line)
    if (fence === null) {
      if (line.trim() !== "") written = line.trim()
      continue
    }
    const start = index
    while (++index < lines.length && lines[index]?.trimEnd() !== fence[1]);
    const text = lines.slice(start + 1, index).join("\n")
    blocks.push({ file, line: start + 1, language: fence[2] ?? "", text, runs: written === "<!-- run -->" })
    written = ""
  }
  return blocks
}
