import { medianOf } from '../../../helpers/core/statistics.ts'
import { seconds } from '../../run/format.ts'
import type { Report, Scenario } from '../../run/schema.ts'
import { number, table } from './figure.ts'
import { html, idCode, type Section, section } from './markup.ts'

/** What stood ready before the clock, in the reader's words, and where its cost can be seen if it is not measured. */
const THINGS: Record<string, readonly [what: string, elsewhere?: string]> = {
  'cuda-helper': ['The helper process that calls the NVIDIA driver: it has called cuInit and keeps the driver open'],
  tmpfs: ['The mounted tmpfs that holds the checkpoint or the weights (the mount alone: they are in it already)'],
  mounts: ["The container's root and /dev/shm, mounted for the runtime; podman's own time includes these mounts"],
  container: ['The stopped container with its storage', 'container.create of a cold start'],
  process: ["The server's processes and the GPU context that stayed with them", 'a cold start'],
  'page-cache': [
    "The page cache: programs and libraries, and for a cold start the model's files",
    "a cold start with pageCache: 'cold'",
  ],
  'image-store': ["The image store: the engine's image is there, unpacked"],
  'compile-cache': ["The engine's compiled code in its caches", "a cold start with compileCache: 'cold'"],
}

const LEAD = 'What was there before the start command, so that no TFFT includes it.'
const NOTE =
  'If it has to be made first, its cost comes on top. Costs are medians of this run, measured outside its trials.'

/** Everything that was ready before the clock, what it would cost within, and which scenarios had it. */
export function readyTable({ scenarios }: Report): Section | undefined {
  const measured = scenarios.filter(scenario => scenario.ready && Object.keys(scenario.ready).length > 0)
  if (measured.length === 0) return undefined
  const names = [...new Set([...Object.keys(THINGS), ...measured.flatMap(({ ready }) => Object.keys(ready!))])]
  return section(
    'ready',
    'What was ready before each start?',
    html`<p class="lead">${LEAD}</p>${table(
      ['what', number('its cost, s'), 'scenarios'],
      names.flatMap(name => {
        const having = measured.filter(({ ready }) => name in ready!)
        if (having.length === 0) return []
        const [what, elsewhere] = THINGS[name] ?? [name]
        const cost = medianOf(having.flatMap(({ ready }) => ready![name] ?? []))
        const unknown = elsewhere ? `not measured separately: see ${elsewhere}` : 'not measured'
        const users =
          having.length === measured.length && having.length > 1
            ? 'every scenario'
            : named(having, measured).map((name, index) => [index > 0 && html`<br>`, idCode(name)])
        return [
          [
            what,
            cost === undefined ? html`<span class="limit">${unknown}</span>` : number(seconds(cost)),
            html`${users}`,
          ],
        ]
      }),
    )}<p class="note">${NOTE}</p>`,
  )
}

/** Scenarios by their ids, or by their strategy where all of it are among them. */
function named(some: Scenario[], all: Scenario[]): string[] {
  const whole = (strategy: string) => all.every(one => one.strategy !== strategy || some.includes(one))
  return [...new Set(some.map(({ id, strategy }) => (whole(strategy) ? strategy : id)))]
}
