// The rules of Signalbox. No clock, no randomness, no input or output: state machines that are told and that order.
export { type BoundedText, showText } from "./lib/bounded-text.ts"
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
export { initialMux, mux, muxDeadline, stepMux, viewMux } from "./lib/mux.ts"
export { describeExit } from "./lib/mux-ending.ts"
export {
  type Counts,
  type Ending,
  type MuxConfig,
  type MuxInput,
  type MuxOutput,
  type MuxState,
  type MuxView,
  type StopWish
} from "./lib/mux-state.ts"
export {
  emptyRunView,
  type FoldCounts,
  foldRecord,
  type ItemView,
  type RunFoldLimits,
  type RunView
} from "./lib/run-fold.ts"
export {
  type StagedStopConfig,
  type StagedStopDone,
  type StagedStopInput,
  type StagedStopOutput,
  type StagedStopPhase,
  type StagedStopState,
  stagedStop
} from "./lib/staged-stop.ts"
export {
  type BreakerState,
  type SupervisionConfig,
  type SupervisionInput,
  type SupervisionOutput,
  type SupervisionPhase,
  type SupervisionState,
  type SupervisionView,
  supervision,
  viewSupervision
} from "./lib/supervision.ts"
