// Run ids as file names. A foreign id may hold slashes, dots, capitals or be very long: every id gets a name of its
// own, also where names do not differ by case, and no id can leave the folder.

export const traceSuffix = ".ndjson"

/** Longer names are replaced by a digest: file systems take 255 bytes. */
const longest = 200
const digestMark = "="

/** `digest` maps a text to a short one of digits and small letters, no two texts to the same. */
export function fileNameOf(runId: string, digest: (text: string) => string): string {
  const escaped = escape(runId)
  return `${escaped.length <= longest ? escaped : digestMark + digest(escaped)}${traceSuffix}`
}

/** The id back from its file's name. `digested`: the id stands only in the file itself. Undefined: not a name of ours. */
export function runIdOf(fileName: string): { readonly runId: string } | "digested" | undefined {
  if (!fileName.endsWith(traceSuffix)) return undefined
  const escaped = fileName.slice(0, -traceSuffix.length)
  if (escaped.startsWith(digestMark)) return "digested"
  const runId = escaped.replace(/%([0-9a-f]{4})/g, (_, unit: string) => String.fromCharCode(parseInt(unit, 16)))
  return escape(runId) === escaped ? { runId } : undefined
}

/** By UTF-16 unit and not by byte of UTF-8, in which lone surrogates would fall together. */
function escape(runId: string): string {
  return runId.replace(/[^a-z0-9_-]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
}
