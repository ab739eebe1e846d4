import { describe, expect, it } from 'vitest'
import { describeRefusal, Refusal } from './refusal.ts'

const up = async () => true
const starting = async () => false

/** Does this status stay, after so many seconds of it? */
async function stays(status: number | undefined, seconds: number, isUp = up): Promise<boolean> {
  const refusal = new Refusal()
  refusal.note(status, 10)
  refusal.note(status, 10 + seconds)
  return refusal.stays(10 + seconds, isUp)
}

describe('a refusal', () => {
  it.for([301, 308, 400, 401, 403, 404, 405, 410, 422, 501])('%i stays where the server is up', async status => {
    expect(await stays(status, 3)).toBe(true)
    expect(await stays(status, 2.9)).toBe(false)
  })

  it.for([undefined, 200, 408, 425, 429, 500, 502, 503])('%s is none', async status => {
    expect(await stays(status, 3600)).toBe(false)
  })

  it('is waited for longer where the routes may not be there yet, but not for ever', async () => {
    expect(await stays(404, 29, starting)).toBe(false)
    expect(await stays(404, 30, starting)).toBe(true)
  })

  it.for([undefined, 503, 404, 200])('begins anew where %s came between', async other => {
    const refusal = new Refusal()
    refusal.note(400, 0)
    refusal.note(other, 2)
    refusal.note(400, 2.5)
    expect(await refusal.stays(4, up)).toBe(false)
    expect(await refusal.stays(5.5, up)).toBe(true)
  })
})

it('says what to do', () => {
  const said = (status: number) =>
    describeRefusal(
      status,
      { port: 8000, model: 'a/model', prompt: '', maxTokens: 1 },
      `the server answered ${status}: no`,
      7,
    )
  const [refused, remedy] = said(404).split('\n')
  expect(refused).toMatch(/^no token from 127\.0\.0\.1:8000: it refuses POST \/v1\/completions/)
  expect(refused).toMatch(/\(7 attempts; the last one: the server answered 404: no\)$/)
  expect(remedy).toMatch(/name in MODEL_ID, "a\/model".*ENGINE_COMMAND/)
  for (const status of [401, 403]) expect(said(status)).toMatch(/\n.*without one \(--api-key/)
})
