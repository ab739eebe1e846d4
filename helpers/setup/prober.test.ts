import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Configuration } from '../config/configuration.ts'
import { writeRecord } from '../core/record.ts'
import { prober } from './prober.ts'

const stateDir = mkdtempSync(join(tmpdir(), 'prober-'))
afterAll(() => rmSync(stateDir, { recursive: true }))
const found = () => prober.probe({ stateDir } as Configuration)

test('its error is missing until it was measured; where the host was busy meanwhile, it says so', async () => {
  expect(await found()).toMatchObject({ state: 'missing', remedy: 'npm run calibrate' })
  const figure = { timestamp: '2026-11-25T15:03:06.966Z', tries: 200, median: 0.0005, worst: 0.0036 }
  writeRecord(stateDir, 'prober', figure)
  expect(await found()).toEqual({ state: 'ok', found: 'median error 0.50 ms, worst 3.60 ms', remedy: undefined })
  writeRecord(stateDir, 'prober', { ...figure, worst: 0.27 })
  expect((await found()).remedy).toMatch(/busy.*npm run calibrate/)
})
