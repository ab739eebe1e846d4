import { expect, test } from 'vitest'
import { axesOf } from './holding.ts'

const way = (memory: number, tfft: number) => ({ memory, tfft })

test('memory is counted in gigabytes where one way holds as much, else in megabytes', () => {
  expect(axesOf([way(0, 1), way(1e9, 2)]).unit.name).toBe('GB')
  expect(axesOf([way(0, 1), way(999e6, 2)]).unit.name).toBe('MB')
  // nobody holds anything: the axis has a length all the same
  expect(axesOf([way(0, 1), way(0, 2)]).most).toBe(1)
})

test('TFFT begins at 0, and is logarithmic where the slowest takes more than five times as long', () => {
  expect(axesOf([way(0, 1), way(0, 5)])).toMatchObject({ logarithmic: false, domain: [0, 5.5] })
  expect(axesOf([way(0, 1), way(0, 5.1)]).logarithmic).toBe(true)
  expect(axesOf([way(0, 1), way(0, 5.1)]).domain[0]).toBeGreaterThan(0)
  expect(axesOf([way(0, 0), way(0, 5.1)]).logarithmic).toBe(false)
})
