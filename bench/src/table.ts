import type { Spread } from "./statistics.ts"

// Results as Markdown, for the terminal and for README.md alike.

export interface Table {
  readonly title: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

export function showTable({ title, columns, rows }: Table): string {
  const widths = columns.map((column, at) => Math.max(column.length, ...rows.map((row) => (row[at] ?? "").length)))
  const line = (cells: ReadonlyArray<string>) =>
    `| ${widths.map((width, at) => (at === 0 ? (cells[at] ?? "").padEnd(width) : (cells[at] ?? "").padStart(width))).join(" | ")} |`
  const rule = `| ${widths.map((width, at) => (at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`
  return [`**${title}**`, "", line(columns), rule, ...rows.map(line)].join("\n")
}

/** "0.95 (0.91-0.97)" */
export function showSpread(spread: Spread, digits = 2): string {
  const show = (value: number) => value.toFixed(digits)
  return `${show(spread.median)} (${show(spread.min)}-${show(spread.max)})`
}
