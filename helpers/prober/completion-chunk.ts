/** A piece of a chat's answer. A model that thinks first has its thoughts in a field of their own. */
interface Delta {
  content?: string | null
  reasoning_content?: string | null
  reasoning?: string | null
}

/** A chunk of OpenAI's completions API, and what llama.cpp and vLLM add to it. */
export interface Chunk {
  id?: string
  object?: string
  error?: unknown
  message?: string
  choices?: { text?: string; delta?: Delta; finish_reason?: unknown }[] | null
  usage?: {
    prompt_tokens?: number
    completion_tokens?: number
    prompt_tokens_details?: { cached_tokens?: number } | null
  } | null
  timings?: { prompt_n?: number }
}

/** The chunk that an event carries; undefined where that is no object. */
export function parsed(data: string): Chunk | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** The words of an error, which stand in `message` and may lie in `error`; else all of it. */
export function messageOf(data: string): string {
  const said = parsed(data)
  const { error = said } = said ?? {}
  if (typeof error === 'string') return error
  return (error as { message?: string } | undefined)?.message ?? data
}

/**
 * Tokens of the prompt, and how many of them the server evaluated, where it says so: a cache may hold the rest. Tokens
 * of the answer: a chunk may carry several.
 */
export interface Evaluation {
  promptTokens?: number
  completionTokens?: number
  evaluated?: number
}

/**
 * What a chunk says about the prompt and the answer's length: llama.cpp's `timings` (prompt_n evaluated, cache_n found
 * in its cache), or OpenAI's `usage`, whose cached tokens vLLM tells with --enable-prompt-tokens-details.
 */
export function evaluationOf({ timings, usage }: Chunk): Evaluation {
  const cached = usage?.prompt_tokens_details?.cached_tokens
  return {
    ...(usage?.prompt_tokens !== undefined && { promptTokens: usage.prompt_tokens }),
    ...(usage?.completion_tokens !== undefined && { completionTokens: usage.completion_tokens }),
    ...(usage?.prompt_tokens !== undefined && cached !== undefined && { evaluated: usage.prompt_tokens - cached }),
    ...(timings?.prompt_n !== undefined && { evaluated: timings.prompt_n }),
  }
}
