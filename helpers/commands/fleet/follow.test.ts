import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { progressLine, stageOf } from './follow.ts'

it('where a node stands, by what lies in its folder', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'follow-')), 'n1')
  onTestFinished(() => rmSync(join(folder, '..'), { recursive: true }))
  const stages = [stageOf(folder)]
  mkdirSync(folder)
  stages.push(stageOf(folder))
  mkdirSync(join(folder, '2026-11-26T03-00-00Z'))
  symlinkSync('2026-11-26T03-00-00Z', join(folder, 'latest'))
  stages.push(stageOf(folder))
  const end = { schema: 'criu-gpu-bench/node@1', job: '1', node: 'n1', timestamp: '2026-11-26T03:00:00Z', run: null }
  writeFileSync(join(folder, 'node.json'), JSON.stringify({ ...end, exit_code: 2, outcome: 'skip' }))
  stages.push(stageOf(folder))
  expect(stages).toEqual(['not begun', 'setting up', 'measuring', 'skip'])
})

it('a thousand nodes are a line', () => {
  const stages = [...Array(998).fill('measuring'), 'skip', 'not begun'] as const
  expect(progressLine('42', 'running', [...stages])).toBe('job 42, running: 1 not begun, 998 measuring, 1 skip')
})
