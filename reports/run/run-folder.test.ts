import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, it } from 'vitest'
import { createRunFolder, runFolder, runName, writeWhole } from './run-folder.ts'

const results = () => join(mkdtempSync(join(tmpdir(), 'results-')), 'results')
const mode = (path: string) => statSync(path).mode & 0o777

it("a run folder is its owner's alone and `latest` points to it", () => {
  const folder = createRunFolder(results(), '2026-11-24T03:31:19.123Z')
  expect(basename(folder.path)).toBe('2026-11-24T03-31-19Z')
  expect([mode(folder.path), mode(folder.logs)]).toEqual([0o700, 0o700])
  expect(readlinkSync(join(folder.path, '../latest'))).toBe('2026-11-24T03-31-19Z')
})

it('a second run of the same second gets a folder of its own, and `latest` follows', () => {
  const all = results()
  const [first, second] = [createRunFolder(all, '2026-11-24T03:31:19Z'), createRunFolder(all, '2026-11-24T03:31:19Z')]
  expect(second.path).not.toBe(first.path)
  expect(readlinkSync(join(all, 'latest'))).toBe(basename(second.path))
})

it('writeWhole leaves the old file where the new one cannot be written, and no rest', () => {
  const { path, report } = createRunFolder(results(), '2026-11-24T03:31:19Z')
  writeFileSync(report, 'old', { mode: 0o644 })
  writeWhole(report, 'new')
  expect([readFileSync(report, 'utf8'), mode(report)]).toEqual(['new', 0o600])
  expect(() => writeWhole(join(path, 'logs'), 'a folder is in the way')).toThrow()
  expect(existsSync(report)).toBe(true)
  expect(readdirSync(path).sort()).toEqual(['logs', 'report.json'])
})

it('names of files', () => {
  expect(runName('2026-11-24T03:31:19.123Z')).toBe('2026-11-24T03-31-19Z')
  expect(runFolder('/r').trials).toBe('/r/trials.jsonl')
})
