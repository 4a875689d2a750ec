// The rules of Signalbox. No clock, no randomness, no input or output: state machines that are told and that order.
export { type Command } from "./lib/command.ts"
export { type Dialect, type DialectSink, type ExitFacts, type Stray, type StrayKind } from "./lib/dialect.ts"
export {
  endOfInput,
  type LineFramer,
  type LineFramerConfig,
  type LineSink,
  makeLineFramer,
  pushChunk
} from "./lib/line-framer.ts"
export { type Machine } from "./lib/machine.ts"
