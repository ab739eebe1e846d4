import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseHTML } from 'linkedom'
import { describe, expect, it, onTestFinished } from 'vitest'
import { historySchema } from '../../reports/analysis/history.ts'
import { main } from './history.ts'

const recorded = resolve(import.meta.dirname, '../../reports/testing/recorded')

/** A folder of results with two runs, the second without a report, a link to it, and what is no run. */
function results(): string {
  const folder = mkdtempSync(join(tmpdir(), 'history-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const name of ['without-gpu', 'busy-host']) cpSync(join(recorded, name), join(folder, name), { recursive: true })
  symlinkSync('busy-host', join(folder, 'latest'))
  writeFileSync(join(folder, 'notes.txt'), 'hello')
  mkdirSync(join(folder, 'empty'))
  return folder
}
const inside = (folder: string, ...names: string[]) => names.map(name => join(folder, name))

describe('npm run history', () => {
  it('writes a page without a script and JSON that its schema takes; says what it left out', () => {
    const folder = results()
    const printed: string[] = []
    const paths = inside(folder, 'without-gpu', 'busy-host', 'latest', 'notes.txt', 'empty', 'history')
    expect(main([...paths, '--out', join(folder, 'history')], text => void printed.push(text))).toBe(0)
    const history = historySchema.parse(JSON.parse(readFileSync(join(folder, 'history/history.json'), 'utf8')))
    expect(history.runs).toHaveLength(2)
    expect(history.left_out.map(({ path }) => path)).toEqual(inside(folder, 'notes.txt', 'empty', 'history'))
    expect(printed.join('')).toMatch(/^2 runs, \d+ series: 0 steps\n/)
    expect(printed.join('')).toMatch(/notes\.txt is neither the folder of a run nor a report\.json/)
    const { document } = parseHTML(readFileSync(join(folder, 'history/history.html'), 'utf8'))
    expect(document.querySelectorAll('script, img, link:not([href="data:,"])')).toHaveLength(0)
    expect(document.querySelectorAll('.wide svg')).toHaveLength(history.series.length)
    expect(document.querySelectorAll('.wide circle')).toHaveLength(
      history.series.reduce((sum, { points }) => sum + points.length, 0),
    )
  })
  it('says how far the time left was off at half-time, run by run, and the median', () => {
    const folder = results()
    for (const [name, predicted] of Object.entries({ 'without-gpu': 44, 'busy-host': 32 })) {
      const path = join(folder, name, 'run.json')
      const half = { trials: 35, predicted, took: 40 }
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), half_time: half }))
    }
    const printed: string[] = []
    const out = join(folder, 'history')
    main([...inside(folder, 'without-gpu', 'busy-host'), '--out', out], text => void printed.push(text))
    expect(printed.join('')).toContain('time left at half-time, against what it took: +10 %, -20 %\n')
    expect(printed.join('')).toMatch(/2 runs: median error 15 %, at most 20 %\n/)
    const { document } = parseHTML(readFileSync(join(out, 'history.html'), 'utf8'))
    const cells = [...document.querySelectorAll('#runs td.number')].map(({ textContent }) => textContent)
    expect(cells).toEqual(['+10 %', '-20 %'])
  })
  it('leaves its own folder out the next time', () => {
    const folder = results()
    const out = ['--out', join(folder, 'history')]
    const print = () => {}
    main([...inside(folder, 'without-gpu'), ...out], print)
    main([...inside(folder, 'without-gpu', 'history'), ...out], print)
    expect(JSON.parse(readFileSync(join(folder, 'history/history.json'), 'utf8')).left_out).toEqual([])
  })
  it('makes a report anew where the one that is there is broken or missing', () => {
    const folder = results()
    writeFileSync(join(folder, 'without-gpu/report.json'), '{')
    rmSync(join(folder, 'busy-host/report.json'), { force: true })
    main([...inside(folder, 'without-gpu', 'busy-host'), '--out', join(folder, 'history')], () => {})
    const history = historySchema.parse(JSON.parse(readFileSync(join(folder, 'history/history.json'), 'utf8')))
    expect([history.runs.length, history.left_out]).toEqual([2, []])
  })
  it('refuses what holds no run at all, no path, and an option that there is not', () => {
    const folder = results()
    const out = ['--out', join(folder, 'history')]
    expect(() => main([...inside(folder, 'notes.txt', 'nowhere'), ...out])).toThrow(
      /none of 2 paths is a run that measured anything:\n.*notes\.txt is neither[^\n]*\n.*nowhere does not exist/,
    )
    expect(() => main([])).toThrow(/takes the folders of runs, received none/)
    expect(() => main(['x', '--since'])).toThrow(/--since/)
  })
})
