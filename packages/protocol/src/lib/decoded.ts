// The seam between zod and everything else: an outcome as a plain value. Nothing here throws.

export type Decoded<Value, Fault> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly fault: Fault }

/** Why a line could not be read as a frame. `path` names the field, when one is to blame. */
export interface LineFault {
  readonly kind: LineFaultKind
  readonly path?: string
  readonly message: string
}

/** `blank` is not an error: empty lines are ignored. The others are counted by kind. */
export type LineFaultKind = "blank" | "not_json" | "not_object" | "unknown_type" | "wrong_shape"

export const decoded = <Value>(value: Value): { readonly ok: true; readonly value: Value } => ({ ok: true, value })

export const faulty = (
  kind: LineFaultKind,
  message: string,
  path?: string
): { readonly ok: false; readonly fault: LineFault } => ({
  ok: false,
  fault: path === undefined ? { kind, message } : { kind, message, path }
})
