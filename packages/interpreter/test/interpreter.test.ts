import { assert, describe, it } from "@effect/vitest"
import type { Machine } from "@signalbox/machine"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { TestClock } from "effect/testing"
import { make } from "../src/index.ts"

interface AlarmState {
  due: number | undefined
  rings: number
}
type AlarmInput =
  | { readonly type: "set"; readonly due: number }
  | { readonly type: "echo" }
  | { readonly type: "tick"; readonly now: number }

/** Rings once at the time that was set last. */
const alarm: Machine<undefined, AlarmState, AlarmInput, string> = {
  initial: () => ({ due: undefined, rings: 0 }),
  deadline: (state) => state.due,
  step: (state, input, out) => {
    if (input.type === "set") state.due = input.due
    if (input.type === "echo") out.push("first", "second")
    if (input.type === "tick" && state.due !== undefined && input.now >= state.due) {
      state.due = undefined
      state.rings++
      out.push(`ring at ${input.now}`)
    }
  }
}

const start = (heard: Array<string>, onOrder: (order: string) => AlarmInput | undefined = () => undefined) =>
  Effect.gen(function* () {
    const alarmClock = yield* make(alarm, undefined, {
      tick: (now): AlarmInput => ({ type: "tick", now }),
      perform: (order) => {
        heard.push(order)
        const more = onOrder(order)
        if (more !== undefined) alarmClock.send(more)
      }
    })
    return alarmClock
  })

describe("Interpreter", () => {
  it.effect("sends a tick when the deadline has come, and not before [WX-03]", () =>
    Effect.gen(function* () {
      const heard: Array<string> = []
      const clock = yield* start(heard)
      clock.send({ type: "set", due: 1_000 })
      yield* TestClock.adjust(999)
      assert.deepStrictEqual(heard, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(heard, ["ring at 1000"])
    })
  )

  it.effect("keeps one timer: an earlier deadline replaces it, a later one waits for its turn", () =>
    Effect.gen(function* () {
      const heard: Array<string> = []
      const clock = yield* start(heard)
      clock.send({ type: "set", due: 5_000 })
      clock.send({ type: "set", due: 1_000 })
      clock.send({ type: "set", due: 3_000 })
      yield* TestClock.adjust(2_999)
      assert.deepStrictEqual(heard, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(heard, ["ring at 3000"])
      assert.strictEqual(clock.state.rings, 1)
    })
  )

  it.effect("takes an input that arrives while orders are carried out after all orders of the step", () =>
    Effect.gen(function* () {
      const heard: Array<string> = []
      let once = true
      const clock = yield* start(heard, (order) => {
        if (order !== "first" || !once) return undefined
        once = false
        return { type: "echo" }
      })
      clock.send({ type: "echo" })
      assert.deepStrictEqual(heard, ["first", "second", "first", "second"])
    })
  )

  it.effect("takes nothing and rings never once its scope is closed", () =>
    Effect.gen(function* () {
      const heard: Array<string> = []
      const scope = yield* Scope.make()
      const clock = yield* start(heard).pipe(Scope.provide(scope))
      clock.send({ type: "set", due: 1_000 })
      yield* Scope.close(scope, Exit.void)
      clock.send({ type: "echo" })
      yield* TestClock.adjust(10_000)
      assert.deepStrictEqual(heard, [])
    })
  )
})
