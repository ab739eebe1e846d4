import type { TimedCompletion } from './completion-request.ts'

type Told = Pick<TimedCompletion, 'tokens' | 'completionTokens' | 'firstToken' | 'finished'>

/** Tokens a second of one stream, the first token aside; undefined for an answer of one token, or that came at once. */
export function tokensPerSecond({ tokens, completionTokens = tokens, firstToken, finished }: Told): number | undefined {
  const seconds = finished - firstToken
  return completionTokens > 1 && seconds > 0 ? (completionTokens - 1) / seconds : undefined
}
