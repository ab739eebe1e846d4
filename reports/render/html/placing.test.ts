import { expect, test } from 'vitest'
import { dotBox, place, stepBoxes } from './placing.ts'

const frame = { left: 0, right: 300, top: 0, bottom: 100 }
const label = (x: number, y: number, text = 'a name') => ({ x, y, text, size: 12 })

test('a label stands on the right of its point, and on the left where the frame ends', () => {
  expect(place([label(50, 50)], frame, [])).toMatchObject([{ anchor: 'start', dy: 0 }])
  expect(place([label(295, 50)], frame, [])).toMatchObject([{ anchor: 'end', dy: 0 }])
})

test('no label lies on another or on a dot; what finds no room is left out', () => {
  const point = [label(150, 50), label(150, 52), label(150, 51), label(150, 50), label(150, 49), label(150, 50)]
  const placed = place(point, frame, [])
  expect(new Set(placed.map(({ anchor, dy }) => `${anchor} ${dy}`)).size).toBe(placed.length)
  expect(placed.length).toBeGreaterThan(2)
  expect(place([label(50, 50)], frame, [dotBox(90, 50, 100)])).toEqual([])
  expect(place([label(50, 50, 'x'.repeat(100))], frame, [])).toEqual([])
})

test('no label lies on the line of steps: across from a point, then up or down to the next', () => {
  const line = stepBoxes([
    { x: 70, y: 50 },
    { x: 200, y: 80 },
  ])
  expect(place([label(70, 50)], frame, line)).toMatchObject([{ anchor: 'end', dy: 0 }])
  expect(place([label(185, 65)], frame, line)).toMatchObject([{ anchor: 'end', dy: 0 }])
  expect(stepBoxes([{ x: 1, y: 1 }])).toEqual([])
})
