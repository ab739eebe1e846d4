import { percentile } from '../core/statistics.ts'

/** One answer under load; times in seconds on the monotonic clock. */
export interface Streamed {
  sent: number
  /** What each read from the socket brought. */
  reads: { at: number; tokens: number }[]
  /** As the server counts them; undefined where it does not, or the answer has not ended. */
  promptTokens?: number | undefined
  completionTokens?: number | undefined
}

export interface LoadRecord {
  began: number
  /** How long requests were sent. */
  seconds: number
  streams: Streamed[]
  /** Why it ended early. */
  error?: string
}

export interface Percentiles {
  p50: number
  p99: number
}

/** Seconds and tokens of a load. */
export interface LoadFigures {
  /** Of all streams together in each second. */
  tokens: number[]
  requests: number
  /** Mean of the prompts. */
  prompt_tokens?: number
  ttft?: Percentiles
  inter_token?: Percentiles
}

/**
 * What a load saw. Pure. Tokens that came after its last second count for nothing, nor does the time between them:
 * fewer and fewer streams are there then. A read that brings several tokens shares the time since the one before
 * among them. Where the server counts more tokens than pieces of text came, each piece stands for its share.
 */
export function loadFigures({ began, seconds, streams }: LoadRecord): LoadFigures {
  const tokens = Array.from({ length: seconds }, () => 0)
  const gaps: number[] = []
  for (const { reads, completionTokens } of streams) {
    const pieces = reads.reduce((sum, read) => sum + read.tokens, 0)
    const share = completionTokens !== undefined && pieces > 0 ? completionTokens / pieces : 1
    for (const [index, { at, tokens: came }] of reads.entries()) {
      const second = Math.floor(at - began)
      if (second >= seconds) break
      tokens[second]! += came * share
      const earlier = reads[index - 1]?.at
      if (earlier !== undefined) gaps.push(...Array.from({ length: came }, () => (at - earlier) / (came * share)))
    }
  }
  const first = streams.flatMap(({ sent, reads }) => (reads[0] ? [reads[0].at - sent] : []))
  const prompts = streams.flatMap(({ promptTokens }) => promptTokens ?? [])
  const ttft = percentilesOf(first)
  const interToken = percentilesOf(gaps)
  return {
    tokens: tokens.map(came => Math.round(came * 10) / 10),
    requests: streams.length,
    ...(prompts.length > 0 && { prompt_tokens: prompts.reduce((sum, one) => sum + one, 0) / prompts.length }),
    ...(ttft && { ttft }),
    ...(interToken && { inter_token: interToken }),
  }
}

const percentilesOf = (values: number[]): Percentiles | undefined =>
  values.length === 0 ? undefined : { p50: percentile(values, 0.5), p99: percentile(values, 0.99) }
