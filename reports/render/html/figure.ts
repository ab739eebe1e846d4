import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { html, Markup, type Section, section } from './markup.ts'
import type { Label, Placed } from './placing.ts'

/** A picture in three widths, so that its text is as large on a phone, on a tablet and on paper as on a desk. */

export interface PictureSize {
  /** Whom it is for: its class, which the page's style shows or hides. */
  name: 'wide' | 'medium' | 'narrow'
  width: number
  /** Room for names beside the rows, in pixels; 0 where there is none: they stand above them. */
  names: number
  narrow: boolean
}
const SIZES: PictureSize[] = [
  { name: 'wide', width: 1000, names: 250, narrow: false },
  { name: 'medium', width: 680, names: 190, narrow: false },
  { name: 'narrow', width: 360, names: 0, narrow: true },
]

/** Of a text that lines may cross: a rim of paper around its letters. */
export const CLEAR = { fill: 'var(--ink)', stroke: 'var(--paper)', strokeWidth: 4 } as const

/**
 * Draws a picture for each width.
 * @param label what it shows, for those who do not see it; the table behind it says the rest
 * @param draw Plot's options for a size
 */
export function picture(label: string, draw: (size: PictureSize) => Plot.PlotOptions): Markup {
  const drawn = SIZES.map(size => html`<div class="${size.name}">${svg(draw(size), size.width)}</div>`)
  return html`<div class="picture" role="img" aria-label="${label}">${drawn}</div>`
}

/** A linear axis along the bottom, from 0. @param label what it counts, with its unit and an arrow */
export const bottomAxis = (label: string, most: number, { narrow }: PictureSize): Plot.ScaleOptions => ({
  domain: [0, most],
  label,
  labelAnchor: 'right',
  grid: true,
  ticks: narrow ? 4 : 8,
  tickSize: 0,
})

/** A label where {@link place} has put it, beside the point of `of`. @param own its point, and what it looks like */
export const placedText = <T>(
  { label: { text, size }, dx, dy, anchor }: Placed<Label>,
  of: T,
  own: Plot.TextOptions,
): Plot.Markish => Plot.text([of], { ...CLEAR, text: () => text, textAnchor: anchor, dx, dy, fontSize: size, ...own })

/** Where a logarithmic axis has its marks: 1, 2 and 5 in every power of ten, or 1 alone where that were too many. */
export function logTicks([low, high]: readonly [number, number], most = 9): number[] {
  const powers = Array.from({ length: 16 }, (_, index) => index - 8)
  const within = (steps: number[]) =>
    powers
      .flatMap(power => steps.map(step => Number(`${step}e${power}`)))
      .filter(value => value >= low && value <= high)
  return (
    [
      [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 7],
      [1, 2, 3, 5],
      [1, 2, 5],
    ]
      .map(within)
      .find(ticks => ticks.length <= most) ?? within([1])
  )
}

/**
 * Plot writes a style element into each picture; the page has one for all. A hundredth of a pixel is enough for
 * attributes; text is left as it is.
 */
function svg(options: Plot.PlotOptions, width: number): Markup {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const drawn = Plot.plot({ className: 'plot', ...options, width, document: document as never }) as unknown as {
    outerHTML: string
  }
  const short = (attribute: string) => attribute.replaceAll(/(-?\d+\.\d{2})\d+/g, '$1')
  return new Markup(drawn.outerHTML.replace(/<style>.*?<\/style>/s, '').replaceAll(/="[^"]*"/g, short))
}

/** A picture with what it shows above, how to read it below, and the figures behind it. */
export function figureSection(parts: {
  id: string
  title: string
  /** One line: what is shown. */
  text: string
  /** How to read it, in smaller print below. */
  note?: string
  picture: Markup | Markup[]
  table: Markup
  legend?: Markup
}): Section {
  return section(
    parts.id,
    parts.title,
    html`<p class="lead">${parts.text}</p>
${parts.legend}
<figure>${parts.picture}${parts.note && html`<figcaption class="note">${parts.note}</figcaption>`}</figure>
<details><summary>The figures</summary>${parts.table}</details>`,
  )
}

export interface Cell {
  text: string | Markup
  number?: boolean
  /** Nothing to show: left out where cells have no columns. */
  none?: boolean
}
export const number = (text: string): Cell => ({ text, number: true })
export const NONE: Cell = { text: '–', number: true, none: true }

/** A row of a table; cells made by {@link number} are set flush right. */
export type Cells = (string | Markup | Cell)[]

export function table(head: Cells, rows: Cells[], caption?: string): Markup {
  return html`<div class="scroll"><table>${caption && html`<caption>${caption}</caption>`}
<thead><tr>${head.map(cell => th(cellOf(cell)))}</tr></thead>
<tbody>${rows.map(row => html`<tr>${row.map(cell => td(cellOf(cell)))}</tr>`)}</tbody></table></div>`
}

/** A table of many columns: on a small screen each row is a block, with the column's name before each cell. */
export function stackedTable(head: Cells, rows: Cells[]): Markup {
  const names = head.map(cell => cellOf(cell).text)
  const line = (row: Cells) => html`<tr>${row.map((cell, index) => td(cellOf(cell), names[index]))}</tr>`
  return html`<div class="scroll"><table class="stacked">
<thead><tr>${head.map(cell => th(cellOf(cell)))}</tr></thead>
<tbody>${rows.map(line)}</tbody></table></div>`
}

const cellOf = (cell: Cells[number]): Cell =>
  typeof cell === 'string' || cell instanceof Markup ? { text: cell } : cell
const classes = ({ number, none }: Cell): Markup | false =>
  (number || none) === true && new Markup(` class="${[number && 'number', none && 'none'].filter(Boolean).join(' ')}"`)
const th = (cell: Cell): Markup => html`<th scope="col"${classes(cell)}>${cell.text}</th>`
const td = (cell: Cell, name?: string | Markup): Markup =>
  html`<td${classes(cell)}${name !== undefined && html` data-name="${name}"`}>${cell.text}</td>`
