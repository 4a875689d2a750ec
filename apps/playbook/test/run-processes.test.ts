import { expect, it } from "vitest"
import type { ProcessFacts } from "../src/process-table.ts"
import { findMine } from "../src/run-processes.ts"

/** "5 in 4 under 1 as cookie": pid, group, parent, cookie. */
function facts(line: string): ProcessFacts {
  const [pid, group, parent, cookie = ""] = line.match(/\d+|(?<=as )\w+/g) ?? []
  return { pid: Number(pid), group: Number(group), parent: Number(parent), name: "sh", cookie }
}

it.each<[string, ReadonlyArray<string>, ReadonlyArray<number>]>([
  ["finds the members of its groups by their group", ["4 in 4 under 1 as mine", "5 in 4 under 4 as mine"], [-4, -4]],
  ["finds one that left the group by its cookie", ["7 in 7 under 1 as mine"], [7]],
  ["finds one that cleared its environment by its group", ["8 in 4 under 1"], [-4]],
  ["finds one that did both by its parent", ["7 in 7 under 1 as mine", "9 in 9 under 7"], [7, 9]],
  ["finds the children of children", ["9 in 9 under 8", "8 in 8 under 7", "7 in 7 under 1 as mine"], [9, 8, 7]],
  ["leaves another run alone", ["20 in 20 under 1 as other", "21 in 20 under 20 as other"], []],
  ["leaves another run alone that got the number of a dead group", ["4 in 4 under 1 as other"], []],
  ["leaves strangers alone", ["1 in 1 under 0", "30 in 30 under 1"], []]
])("%s", (_sentence, lines, expected) => {
  const found = findMine(lines.map(facts), new Set([4]), "mine")
  expect(found.map((target) => target.signalled)).toEqual(expected)
})
