import { join } from "node:path"
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { isAlive, temporaryFolder } from "@signalbox/proof"
import { scriptedRunnerCommand } from "@signalbox/testkit/scripted-runner"
import * as Effect from "effect/Effect"
import { commanded, event, inHouse } from "./harness.ts"

describe("a child that hides: no cookie, a session of its own", () => {
  it.live("is gone after an ordinary stop, although its parent leaves at the end of input [W0-15]", () => {
    const file = join(temporaryFolder(), "pid")
    // The runner's own process is the parent: it starts the child first and then becomes the runner.
    const { file: node, args } = scriptedRunnerCommand()
    const hide = `env -i setsid sleep 600 <&- >&- 2>&- & echo $! > "$1"; shift; exec "$@"`
    const agent = commanded({ file: "/bin/sh", args: ["-c", hide, "sh", file, node, ...args] })
    return Effect.gen(function* () {
      yield* inHouse({ agent }, (house) =>
        Effect.gen(function* () {
          const run = yield* house.open("a", "say on\nwait-for end-of-input")
          yield* event(run, "item.completed")
          assert.isTrue(isAlive(hidden(file)))
        })
      )
      assert.isFalse(isAlive(hidden(file)))
    })
  })
})

const hidden = (file: string): number => Number(readFileSync(file, "utf8"))
