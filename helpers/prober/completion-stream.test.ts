import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { CompletionStream } from './completion-stream.ts'

const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`
const token = (text: string, more = {}) => event({ choices: [{ text, ...more }] })
const LAST = token('b', { finish_reason: 'length' })
const DONE = 'data: [DONE]\n\n'

/** What comes of a stream that comes in these pieces. */
function outcome(pieces: string[]): unknown {
  const stream = new CompletionStream()
  for (const piece of pieces) stream.push(piece)
  try {
    return stream.completion()
  } catch (error) {
    return (error as Error).message
  }
}

const answers = {
  'an answer': [token('a') + LAST + DONE, { text: 'ab', tokens: 2, finishReason: 'length' }],
  'chat chunks, a role first': [
    event({ choices: [{ delta: { role: 'assistant' } }] }) +
      event({ choices: [{ delta: { content: 'a' }, finish_reason: 'stop' }] }) +
      DONE,
    { text: 'a', tokens: 1, finishReason: 'stop' },
  ],
  'lines that end with CR and LF': [
    (token('a') + LAST + DONE).replaceAll('\n', '\r\n'),
    { text: 'ab', tokens: 2, finishReason: 'length' },
  ],
  'lines that end with CR': [
    (token('a') + LAST + DONE).replaceAll('\n', '\r'),
    { text: 'ab', tokens: 2, finishReason: 'length' },
  ],
  'comments between': [`: ping\n\n${LAST}: ping\n\n${DONE}`, { text: 'b', tokens: 1, finishReason: 'length' }],
  'choices null in a usage chunk': [
    LAST + event({ choices: null, usage: { prompt_tokens: 4 } }) + DONE,
    { text: 'b', tokens: 1, finishReason: 'length', promptTokens: 4 },
  ],
  'no choices in a usage chunk': [
    LAST + event({ usage: { prompt_tokens: 4, prompt_tokens_details: { cached_tokens: 3 } } }) + DONE,
    { text: 'b', tokens: 1, finishReason: 'length', promptTokens: 4, evaluated: 1 },
  ],
  'empty choices in a usage chunk': [
    LAST +
      event({ choices: [], usage: { prompt_tokens: 4, prompt_tokens_details: null }, timings: { prompt_n: 2 } }) +
      DONE,
    { text: 'b', tokens: 1, finishReason: 'length', promptTokens: 4, evaluated: 2 },
  ],
  'a last line without a blank one': [`${LAST}data: [DONE]\n`, { text: 'b', tokens: 1, finishReason: 'length' }],
  'a last line without its end': [`${LAST}data: [DONE]`, { text: 'b', tokens: 1, finishReason: 'length' }],
  'a last line without its space': [`${LAST}data:[DONE]`, { text: 'b', tokens: 1, finishReason: 'length' }],
  'an error after the end': [
    LAST + DONE + event({ error: 'too late' }),
    { text: 'b', tokens: 1, finishReason: 'length' },
  ],
  'an error that is null, no finish_reason as an empty text': [
    event({ error: null, choices: [{ text: 'a', finish_reason: '' }] }) + LAST + DONE,
    { text: 'ab', tokens: 2, finishReason: 'length' },
  ],
  'the end as a token': [
    token('data: [DONE]') + LAST + DONE,
    { text: 'data: [DONE]b', tokens: 2, finishReason: 'length' },
  ],
  'no [DONE]': [LAST, { text: 'b', tokens: 1, finishReason: 'length', notes: ['the stream ended without [DONE]'] }],
  'no finish_reason': [token('a') + DONE, { text: 'a', tokens: 1, notes: ['the server gave no finish_reason'] }],
} as const

const refusals = {
  'an abort': [
    token('a') + token('', { finish_reason: 'abort' }) + DONE,
    'the server ended its answer with finish_reason "abort", which is neither "stop" nor "length" (after 1 token)',
  ],
  'a filter': [
    token('a', { finish_reason: 'content_filter' }) + DONE,
    'the server ended its answer with finish_reason "content_filter", which is neither "stop" nor ' +
      '"length" (after 1 token)',
  ],
  'an abort as an object': [
    token('', { finish_reason: { type: 'abort' } }) + DONE,
    'the server ended its answer with finish_reason {"type":"abort"}, which is neither "stop" nor "length"',
  ],
  'an error beside tokens': [
    token('a') + event({ choices: [{ text: 'b' }], error: { message: 'CUDA error' } }) + DONE,
    'the server sent an error (after 1 token): CUDA error',
  ],
  'an error as data': [
    event({ error: { code: 500, message: 'CUDA error' } }) + DONE,
    'the server sent an error: CUDA error',
  ],
  'an error as a text': [
    token('a') + token('b') + event({ error: 'CUDA error' }),
    'the server sent an error (after 2 tokens): CUDA error',
  ],
  'an error as an object of its own': [
    event({ object: 'error', message: 'CUDA error', code: 400 }) + DONE,
    'the server sent an error: CUDA error',
  ],
  'event: error': [
    `${token('a')}event: error\ndata: {"message":"CUDA error"}\n\n${LAST}${DONE}`,
    'the server sent an error (after 1 token): CUDA error',
  ],
  'event: error in plain words': [
    `event: error\ndata: CUDA error\n\n${LAST}${DONE}`,
    'the server sent an error: CUDA error',
  ],
  'an error: line': [
    `${token('a')}error: {"code":500,"message":"CUDA error"}\n\n${LAST}${DONE}`,
    'the server sent an error (after 1 token): CUDA error',
  ],
  'an error: line in plain words': [`error: CUDA error\n${LAST}${DONE}`, 'the server sent an error: CUDA error'],
  garbage: [
    `data: <html>it works!</html>\n\n${DONE}`,
    'the server sent something that is not a completion: <html>it works!</html>',
  ],
  'another kind of answer': [
    event({ detail: 'Not Found' }),
    'the server sent something that is not a completion: {"detail":"Not Found"}',
  ],
  'no stream at all': ['{"choices":[{"text":"a"}]}', 'the server sent no event stream: {"choices":[{"text":"a"}]}'],
  'a page': ['<html>\n  <body>it works!\n', 'the server sent no event stream: <html> <body>it works!'],
  nothing: ['', 'the stream ended without a token'],
  'no token': [token('') + DONE, 'the stream ended without a token'],
  'neither end nor reason': [token('a'), 'the stream stopped before its end'],
  'a stream that breaks off in a line': [`${token('a')}data: {"choices":[{"te`, 'the stream stopped before its end'],
} as const

describe('an answer', () => {
  test.for(Object.entries(answers))('%s', ([, [stream, expected]]) => expect(outcome([stream])).toEqual(expected))
})

describe('refused', () => {
  test.for(Object.entries(refusals))('%s', ([, [stream, expected]]) => expect(outcome([stream])).toBe(expected))
})

it('is over with its end or its error, whatever may follow', () => {
  for (const [stream, over] of [
    [LAST, false],
    [LAST + DONE, true],
    [`${LAST}data: [DONE]`, true],
    [event({ error: 'x' }), true],
    ['error: x', false],
  ] as const) {
    const of = new CompletionStream()
    of.push(stream)
    expect(of.over, stream).toBe(over)
  }
})

/** The text cut into pieces, anywhere. */
const cut = (text: string) =>
  fc.array(fc.nat(text.length)).map(places => {
    const ends = [...places, text.length].sort((a, b) => a - b)
    return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end))
  })

it('comes out the same wherever the stream is cut', () => {
  for (const [name, [whole, expected]] of Object.entries<readonly [string, unknown]>({ ...answers, ...refusals })) {
    fc.assert(
      fc.property(cut(whole), pieces => void expect(outcome(pieces), name).toEqual(expected)),
      { numRuns: 50 },
    )
    expect(outcome([...whole]), name).toEqual(expected)
  }
})

it('gives back every text that a server may say', () => {
  const streams = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1 }).chain(texts =>
    cut(texts.map(text => token(text)).join('') + token('', { finish_reason: 'stop' }) + DONE).map(pieces => ({
      texts,
      pieces,
    })),
  )
  fc.assert(
    fc.property(streams, ({ texts, pieces }) => {
      expect(outcome(pieces)).toEqual({ text: texts.join(''), tokens: texts.length, finishReason: 'stop' })
    }),
  )
})

test('an answer may be empty where the model may end it, and must have ended properly', () => {
  const said = (text: string, mayBeEmpty: boolean) => {
    const stream = new CompletionStream({ mayBeEmpty })
    stream.push(text)
    return stream.completion()
  }
  const empty = token('', { finish_reason: 'stop' })
  expect(said(empty + DONE, true)).toEqual({ text: '', tokens: 0, finishReason: 'stop' })
  expect(said(empty, true)).toMatchObject({ text: '', tokens: 0 })
  expect(() => said(empty + DONE, false)).toThrow('the stream ended without a token')
  expect(() => said(token(''), true)).toThrow('the stream ended without a token')
  expect(() => said('', true)).toThrow('the stream ended without a token')
})
