// The words of Signalbox. Nothing here performs anything: schemas, types, ids, the error table and a codec that never throws.
export { type Decoded, type LineFault, type LineFaultKind } from "./lib/decoded.ts"
export { checkStderrFrame, checkStdoutFrame } from "./lib/envelope.ts"
export { type ErrorCode, type ErrorCodeFacts, errorCodes } from "./lib/error-codes.ts"
export { type IdSeed, isRunId, MAX_ID_LENGTH, mintRunId, RunId } from "./lib/ids.ts"
export {
  decodeObjectLine,
  decodeStderrLine,
  decodeStdoutLine,
  encodeLine,
  makeStdoutDecoder
} from "./lib/line-codec.ts"
export { ExitEvidence, Fault, Outcome, outcomeExitCodes } from "./lib/outcome.ts"
export { Item, ItemKind, KnownEvent, RunEvent, Usage } from "./lib/run-event.ts"
export { ContentPart, MAX_PROMPT_BYTES, Prompt, promptText, RunParams } from "./lib/run-params.ts"
export { RunLimits, RunRequest } from "./lib/run-request.ts"
export {
  AskFrame,
  CancelAbility,
  CancelFrame,
  Capabilities,
  DiagFrame,
  DiagLevel,
  EndFrame,
  EventFrame,
  FatalFrame,
  HostFrame,
  MAX_FRAME_BYTES,
  PROTOCOL_NAME,
  PROTOCOL_VERSION,
  RunFrame,
  type RunnerFrame,
  RunnerHello,
  StderrFrame,
  StdoutFrame
} from "./lib/stdio-frames.ts"
export {
  DiagBody,
  EndedBody,
  EventBody,
  RecordBody,
  RecordStatus,
  RunState,
  RunStats,
  StartedBody,
  StateBody,
  TraceRecord
} from "./lib/trace-record.ts"
