import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseHTML } from 'linkedom'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sizesSchema } from '../../reports/analysis/sizes.ts'
import { lineText, seriesName } from '../../reports/render/size-text.ts'
import { main } from './sizes.ts'

const project = resolve(import.meta.dirname, '../..')
const results = join(project, 'docs/results/h200-2026-11-26')
const published = ['3-levers', '4-7b', '5-levers-and-cold', '6-14b', '7-forked', '8-7b'].map(run => join(results, run))

describe('npm run sizes', () => {
  it('fits a line to published runs of three sizes, and writes a page without a script', () => {
    const out = mkdtempSync(join(tmpdir(), 'sizes-'))
    onTestFinished(() => rmSync(out, { recursive: true }))
    const printed: string[] = []
    const old = join(project, 'docs/results/h100-2026-11-25/3-7b')
    expect(main([...published, old, '--out', out], text => void printed.push(text))).toBe(0)
    const sizes = sizesSchema.parse(JSON.parse(readFileSync(join(out, 'sizes.json'), 'utf8')))
    const best = sizes.series.find(({ line }) => line.sizes === 3)!
    expect(new Set(best.points.map(({ run }) => sizes.runs[run]!.model))).toEqual(
      new Set(['qwen2-1.5b', 'qwen2-7b', 'qwen2.5-14b']),
    )
    // a page for people: the same figures as in the file
    const { document } = parseHTML(readFileSync(join(out, 'sizes.html'), 'utf8'))
    expect(document.querySelectorAll('script, img, link:not([href="data:,"])')).toHaveLength(0)
    expect(document.querySelectorAll('.wide circle')).toHaveLength(
      sizes.series.reduce((sum, { points }) => sum + points.length, 0),
    )
    expect(printed.join('')).toContain(`${seriesName(best, sizes.series)}, ${best.host}:\n  ${lineText(best.line)}\n`)
    expect(printed.join('')).toContain(`left out: ${old}: its fingerprint does not have the bytes`)
  })
  it('leaves its own folder out the next time', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sizes-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    for (const path of published.slice(2, 4)) cpSync(path, join(folder, path.split('/').at(-1)!), { recursive: true })
    const paths = ['5-levers-and-cold', '6-14b', 'sizes'].map(name => join(folder, name))
    const out = join(folder, 'sizes')
    const run = () => main([...paths, '--out', out], () => {})
    expect([run(), run()]).toEqual([0, 0])
    expect(JSON.parse(readFileSync(join(out, 'sizes.json'), 'utf8')).left_out).toEqual([])
  })
  it('refuses runs of one size, what is no run, no path, and an option that there is not', () => {
    expect(() => main([published[0]!, published[2]!, '/nowhere'])).toThrow(
      /none of 3 paths has a scenario .* two sizes of model:\n.* 3090132592 bytes\n.* bytes\n.*nowhere does not/,
    )
    expect(() => main([])).toThrow(/takes the folders of runs, received none/)
    expect(() => main(['x', '--by'])).toThrow(/--by/)
  })
})
