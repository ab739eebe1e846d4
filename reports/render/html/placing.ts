/** Where the labels of a scatter plot go, so that none lies on another, on a dot or outside. All in pixels. */

export interface Box {
  left: number
  right: number
  top: number
  bottom: number
}

export interface Label {
  x: number
  y: number
  text: string
  /** How large its letters are. */
  size: number
}

export interface Placed<L extends Label> {
  label: L
  /** From the point to the text's begin, middle or end. */
  dx: number
  dy: number
  anchor: 'start' | 'end'
}

/** A letter is about this much of its size wide; digits and small letters of system fonts are narrower. */
const WIDE = 0.6

/** Beside the point first, then above and below it. */
const SPOTS = [
  { side: 1, dx: 11, dy: 0 },
  { side: -1, dx: -11, dy: 0 },
  { side: 1, dx: 8, dy: -12 },
  { side: -1, dx: -8, dy: -12 },
  { side: 1, dx: 8, dy: 13 },
  { side: -1, dx: -8, dy: 13 },
]

const overlap = (a: Box, b: Box) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
const within = (inner: Box, outer: Box) =>
  inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom

/** The labels that find room, in order: each at the first of its spots that is free. */
export function place<L extends Label>(labels: L[], frame: Box, taken: Box[]): Placed<L>[] {
  const boxes = [...taken]
  return labels.flatMap(label => {
    for (const { side, dx, dy } of SPOTS) {
      const box = boxOf(label, side, dx, dy)
      if (!within(box, frame) || boxes.some(other => overlap(box, other))) continue
      boxes.push(box)
      return [{ label, dx, dy, anchor: side > 0 ? ('start' as const) : ('end' as const) }]
    }
    return []
  })
}

function boxOf({ x, y, text, size }: Label, side: number, dx: number, dy: number): Box {
  const width = text.length * size * WIDE
  const [near, far] = [x + dx, x + dx + side * width]
  return {
    left: Math.min(near, far),
    right: Math.max(near, far),
    top: y + dy - size * 0.6,
    bottom: y + dy + size * 0.6,
  }
}

/** What a dot takes. */
export const dotBox = (x: number, y: number, r: number): Box => ({
  left: x - r,
  right: x + r,
  top: y - r,
  bottom: y + r,
})

/** What a line takes that goes from each point to the next by a step: first across, then up or down. */
export function stepBoxes(points: { x: number; y: number }[]): Box[] {
  return points.slice(1).flatMap(({ x, y }, index) => {
    const from = points[index]!
    return [lineBox(from.x, from.y, x, from.y), lineBox(x, from.y, x, y)]
  })
}

const lineBox = (x1: number, y1: number, x2: number, y2: number): Box => ({
  left: Math.min(x1, x2) - 1,
  right: Math.max(x1, x2) + 1,
  top: Math.min(y1, y2) - 1,
  bottom: Math.max(y1, y2) + 1,
})
