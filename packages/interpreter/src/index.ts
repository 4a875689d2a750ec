// A body for a rule: one owner of a machine's state that performs its orders and keeps its one timer.
export { type Body, type Interpreter, make } from "./lib/Interpreter.ts"
