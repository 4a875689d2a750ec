import { expect, it } from "vitest"
import { makeLineWriter } from "../src/lib/line-writer.ts"

it("has one batch in flight at a time, and what was collected meanwhile leaves after it in one piece [S0-24 S0-50]", () => {
  const written: Array<string> = []
  const leaving: Array<() => void> = []
  const writer = makeLineWriter((text, done) => {
    written.push(text)
    leaving.push(done)
  }, 1_000)
  for (const line of ["1", "2", "3"]) {
    writer.push(line)
    writer.flush()
  }
  expect(written).toEqual(["1\n"])
  leaving[0]?.()
  expect(written).toEqual(["1\n", "2\n3\n"])
})

it("is full at its limit, has room again when half of that has left, and is empty when all has [S0-56]", async () => {
  const leaving: Array<() => void> = []
  const writer = makeLineWriter((_text, done) => void leaving.push(done), 10)
  writer.push("12345")
  writer.flush()
  expect(writer.room()).toBeUndefined()
  writer.push("123")
  const told: Array<string> = []
  const room = writer.room()?.then(() => told.push("room"))
  const empty = writer.empty().then(() => told.push("empty"))
  leaving[0]?.()
  await room
  expect(told).toEqual(["room"])
  leaving[1]?.()
  await empty
  expect(told).toEqual(["room", "empty"])
})

it("lets everyone go on when it is closed, and forgets what comes later", async () => {
  const written: Array<string> = []
  const writer = makeLineWriter((text) => void written.push(text), 1)
  writer.push("1")
  writer.flush()
  const waiting = [writer.room(), writer.empty()]
  writer.close()
  await Promise.all(waiting)
  writer.push("2")
  writer.flush()
  expect(writer.room()).toBeUndefined()
  expect(written).toEqual(["1\n"])
})
