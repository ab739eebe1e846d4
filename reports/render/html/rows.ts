import * as Plot from '@observablehq/plot'
import type { Scenario } from '../../run/schema.ts'
import { type Branch, tree } from '../scenario-tree.ts'
import { CLEAR, type PictureSize } from './figure.ts'

/** Rows of a picture: the tree of scenarios, each below the one whose settings it adds to, as in the terminal. */

/** A line of a name, in pixels, about how wide a letter of it is, and how far a level of the tree is indented. */
const LINE = 15
const LETTER = 6.4
const INDENT = 12
/** Between a name and what is drawn beside it. */
const BESIDE = 12

export interface Rows {
  /** Pixels of all rows. */
  height: number
  /** Room on the left, for names beside the rows. */
  marginLeft: number
  /** For Plot: one unit is a pixel, from the top. */
  scale: Plot.ScaleOptions
  /** The middle of what is drawn for a scenario. */
  at(id: string): number
  names: Plot.Markish[]
}

interface Row {
  id: string | undefined
  depth: number
  lines: string[]
  /** Where the middle of its name, and of what is drawn, lies. */
  name: number
  middle: number
}

/**
 * @param drawn pixels that what is drawn in a row takes
 * @param gap pixels between that and the next row, or the name above
 */
export function rows(scenarios: Scenario[], size: PictureSize, drawn: number, gap: number): Rows {
  let height = 0
  const all = tree(scenarios).map(branch => {
    const row = rowOf(branch, size, drawn, gap)
    const placed = { ...row, name: row.name + height, middle: row.middle + height }
    height += row.height
    return placed
  })
  const middles = new Map(all.map(({ id, middle }) => [id, middle]))
  const marginLeft = size.names || 8
  return {
    height,
    marginLeft,
    scale: { type: 'linear', domain: [height, 0], axis: null },
    at: id => middles.get(id)!,
    names: namesOf(all, marginLeft),
  }
}

function rowOf({ depth, name, scenario }: Branch, size: PictureSize, drawn: number, gap: number) {
  const room = (size.names === 0 ? size.width - 16 : size.names - BESIDE) - depth * INDENT
  const lines = broken(name, room)
  const text = lines.length * LINE
  const row = { id: scenario?.id, depth, lines }
  if (!scenario) return { ...row, height: text + 8, name: text / 2 + 4, middle: 0 }
  if (size.names > 0) {
    const height = Math.max(drawn + gap, text + 6)
    return { ...row, height, name: height / 2, middle: height / 2 }
  }
  return { ...row, height: text + drawn + gap, name: text / 2, middle: text + 2 + drawn / 2 }
}

/** A name on as many lines as `room` needs, in pixels; broken behind dots and slashes. */
function broken(name: string, room: number): string[] {
  const lines = ['']
  for (const part of name.split(/(?<=[./])/)) {
    if ((lines.at(-1)!.length + part.length) * LETTER > room && lines.at(-1) !== '') lines.push(part)
    else lines[lines.length - 1] += part
  }
  return lines
}

/** A mark for each level: Plot moves all texts of a mark by one distance. */
const namesOf = (all: Row[], margin: number): Plot.Markish[] =>
  [...Map.groupBy(all, ({ depth, id }) => `${depth} ${id === undefined}`).values()].map(level =>
    Plot.text(level, {
      y: 'name',
      text: row => row.lines.join('\n'),
      frameAnchor: 'left',
      textAnchor: 'start',
      // the frame begins behind the margin
      dx: level[0]!.depth * INDENT - margin,
      fontSize: 12,
      lineHeight: LINE / 12,
      fontWeight: level[0]!.id === undefined ? 600 : 400,
      ...CLEAR,
    }),
  )
