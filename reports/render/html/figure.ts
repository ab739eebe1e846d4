import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { html, Markup } from './markup.ts'

/** A picture in three widths, so that its text is as large on a phone, on a tablet and on paper as on a desk. */

export interface PictureSize {
  /** Whom it is for: its class, which the page's style shows or hides. */
  name: 'wide' | 'medium' | 'narrow'
  width: number
  /** No room for names beside the bars: they stand above them. */
  narrow: boolean
}
const SIZES: PictureSize[] = [
  { name: 'wide', width: 1000, narrow: false },
  { name: 'medium', width: 680, narrow: true },
  { name: 'narrow', width: 360, narrow: true },
]

/**
 * Draws a picture for each width.
 * @param label what it shows, for those who do not see it; the table behind it says the rest
 * @param draw Plot's options for a size
 */
export function picture(label: string, draw: (size: PictureSize) => Plot.PlotOptions): Markup {
  const drawn = SIZES.map(size => html`<div class="${size.name}">${svg(draw(size), size.width)}</div>`)
  return html`<div class="picture" role="img" aria-label="${label}">${drawn}</div>`
}

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

/** A line of a name, in pixels, and about how wide a letter of it is. */
const LINE = 15
const LETTER = 6.4
/** Room for names beside the rows of a wide picture. */
export const NAMES = 262

/** A scenario's id on as many lines as `room` needs, in pixels; broken behind dots and slashes. */
function name(id: string, room: number): string {
  const lines = ['']
  for (const part of id.split(/(?<=[./])/)) {
    if ((lines.at(-1)!.length + part.length) * LETTER > room && lines.at(-1) !== '') lines.push(part)
    else lines[lines.length - 1] += part
  }
  return lines.join('\n')
}

export interface Rows {
  height: number
  /** How far below the middle of its row stands what is drawn: names that stand above it need room. */
  dy: number
  /** The names: an axis where there is room beside the rows, and else above them. `y` is the row of an id. */
  names(ids: string[], y: (id: string) => string | number): Plot.Markish[]
}

/**
 * Rows of a picture with a name each.
 * @param drawn pixels that what is drawn in a row takes
 * @param gap pixels between that and the next row, or the name above
 */
export function rows(ids: string[], { width, narrow }: PictureSize, drawn: number, gap: number): Rows {
  const text = (id: string) => name(id, narrow ? width - 16 : NAMES - 12)
  const lines = Math.max(1, ...ids.map(id => text(id).split('\n').length))
  const style = { text, frameAnchor: 'left' as const, fontSize: 12, lineHeight: LINE / 12, fill: 'var(--ink)' }
  if (!narrow)
    return {
      height: Math.max(drawn + gap, lines * LINE + 8),
      dy: 0,
      names: (all, y) => [Plot.text(all, { ...style, y, textAnchor: 'end', dx: -12 })],
    }
  const dy = (lines * LINE) / 2
  return {
    height: drawn + gap + lines * LINE,
    dy,
    names: (all, y) => [
      Plot.text(all, {
        ...style,
        y,
        textAnchor: 'start',
        lineAnchor: 'bottom',
        dy: dy - drawn / 2 - 6,
        stroke: 'var(--paper)',
        strokeWidth: 4,
      }),
    ],
  }
}

/** Plot writes a style element into each picture; the page has one for all. */
function svg(options: Plot.PlotOptions, width: number): Markup {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const drawn = Plot.plot({ className: 'plot', ...options, width, document: document as never }) as unknown as {
    outerHTML: string
  }
  return new Markup(drawn.outerHTML.replace(/<style>.*?<\/style>/s, '').replaceAll(/(-?\d+\.\d{2})\d+/g, '$1'))
}

/** A picture with what it says above, and the figures behind it. */
export function figureSection(parts: {
  id: string
  title: string
  text: string
  picture: Markup | Markup[]
  table: Markup
  legend?: Markup
}): Markup {
  return html`<section class="figure" id="${parts.id}">
<h2>${parts.title}</h2>
<p class="lead">${parts.text}</p>
${parts.legend}
<figure>${parts.picture}</figure>
<details><summary>The figures</summary>${parts.table}</details>
</section>`
}

export interface Cell {
  text: string | Markup
  number?: boolean
}
export const number = (text: string): Cell => ({ text, number: true })

/** A row of a table; cells made by {@link number} are set flush right. */
export type Cells = (string | Markup | Cell)[]

export function table(head: Cells, rows: Cells[], caption?: string): Markup {
  const line = (cells: Cells, tag: 'th' | 'td') =>
    cells
      .map((cell): Cell => (typeof cell === 'string' || cell instanceof Markup ? { text: cell } : cell))
      .map(({ text, number: isNumber }) =>
        tag === 'th'
          ? html`<th scope="col"${isNumber && NUMBER}>${text}</th>`
          : html`<td${isNumber && NUMBER}>${text}</td>`,
      )
  return html`<div class="scroll"><table>${caption && html`<caption>${caption}</caption>`}
<thead><tr>${line(head, 'th')}</tr></thead>
<tbody>${rows.map(row => html`<tr>${line(row, 'td')}</tr>`)}</tbody></table></div>`
}

const NUMBER = new Markup(' class="number"')
