import { expect, it } from 'vitest'
import { hardLimits } from './limits.ts'

it('reads the hard limits, not the soft ones; unlimited, and a line that the kernel leaves out, are Infinity', () => {
  const table = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max processes             4096                 95970                processes
Max open files            1024                 1048576              files
`
  expect(hardLimits(table)).toEqual({ files: 1_048_576, processes: 95_970 })
  expect(hardLimits(table.replace(/95970|1048576/g, 'unlimited'))).toEqual({ files: Infinity, processes: Infinity })
  expect(hardLimits('')).toEqual({ files: Infinity, processes: Infinity })
})

it('those of this process', () => {
  const { files, processes } = hardLimits()
  expect(files).toBeGreaterThan(0)
  expect(processes).toBeGreaterThan(0)
})
