import * as z from "zod"

// What a caller asks of a run, and what of it travels to the runner.

/** The largest prompt that a door accepts, in bytes of UTF-8. */
export const MAX_PROMPT_BYTES = 8 * 1024 * 1024

export const ContentPart = z.looseObject({ type: z.string(), text: z.string().optional() })
export type ContentPart = z.infer<typeof ContentPart>

/** A text, or a list of content parts as agents' own protocols have them. */
export const Prompt = z.union([z.string(), z.array(ContentPart)])
export type Prompt = z.infer<typeof Prompt>

/** The `params` of a `run` frame. Fields that Signalbox does not know travel to the runner as given. */
export const RunParams = z.looseObject({
  prompt: Prompt.optional(),
  cwd: z.string().optional(),
  model: z.string().optional(),
  effort: z.string().optional(),
  resume: z.string().optional()
})
export type RunParams = z.infer<typeof RunParams>

/** The text of a prompt: content parts without text are left out, the others are joined by newlines. */
export function promptText(prompt: Prompt | undefined): string {
  if (prompt === undefined) return ""
  if (typeof prompt === "string") return prompt
  return prompt.flatMap((part) => (part.text === undefined ? [] : [part.text])).join("\n")
}
