import type { Scenario, Settings } from '../run/schema.ts'

/** A line of the tree: a scenario, or the name of a strategy above several. */
export interface Branch {
  /** How far below its strategy: 0, 1, 2 ... */
  depth: number
  name: string
  /** The name, indented by its depth. */
  label: string
  scenario?: Scenario
}

const branch = (depth: number, name: string, scenario?: Scenario): Branch => ({
  depth,
  name,
  label: '  '.repeat(depth) + name,
  ...(scenario && { scenario }),
})

/** Up to this length the only scenario of a strategy is called by its id. */
const SHORT = 22

/**
 * Scenarios as a tree, those of one strategy below its name: each below the one whose settings it adds to. An unnamed
 * one is called by what it adds.
 */
export function tree(scenarios: Scenario[]): Branch[] {
  return [...new Set(scenarios.map(({ strategy }) => strategy))].flatMap(strategy => {
    const own = scenarios.filter(scenario => scenario.strategy === strategy)
    if (own.length === 1 && own[0]!.id.length <= SHORT) return [branch(0, own[0]!.id, own[0]!)]
    const plain = own.find(({ id }) => id === strategy)
    const below = (parent: Scenario | undefined, depth: number): Branch[] =>
      own
        .filter(one => one !== plain && above(one, own, plain) === parent)
        .flatMap(scenario => [branch(depth, called(scenario, parent), scenario), ...below(scenario, depth + 1)])
    // an unnamed scenario has the strategy as its id, and all others below it
    return [branch(0, strategy, plain), ...below(plain, 1)]
  })
}

const nameOf = ({ id, strategy }: Scenario) =>
  id.startsWith(`${strategy}/`) ? id.slice(strategy.length + 1) : undefined

/** The scenario whose settings this one adds to; of several the one that adds most itself. */
function above(scenario: Scenario, own: Scenario[], plain: Scenario | undefined): Scenario | undefined {
  const adds = ({ id, settings }: Scenario) =>
    nameOf(scenario) === undefined ? scenario.id.startsWith(`${id}.`) : isPart(settings, scenario.settings)
  const size = ({ id, settings }: Scenario) =>
    nameOf(scenario) === undefined ? id.length : Object.keys(settings).length
  return own.filter(other => other !== plain && adds(other)).toSorted((a, b) => size(b) - size(a))[0] ?? plain
}

/** Whether the other has all of these settings and more; a scenario with the defaults alone says nothing of others. */
function isPart(settings: Settings, other: Settings): boolean {
  const entries = Object.entries(settings)
  return (
    entries.length > 0 &&
    entries.length < Object.keys(other).length &&
    entries.every(([key, value]) => other[key] === value)
  )
}

function called(scenario: Scenario, parent: Scenario | undefined): string {
  const { id, strategy } = scenario
  const beginning = `${parent?.id ?? strategy}.`
  return nameOf(scenario) ?? (id.startsWith(beginning) ? id.slice(beginning.length) : id)
}

const kebab = (text: string) => text.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

/** All settings of a scenario that its id does not say; empty where it has no short name. */
export function settingsText(scenario: Scenario): string {
  const said = ([key, value]: [string, Settings[string]]) => `${kebab(key)} ${value}`
  return nameOf(scenario) === undefined ? '' : Object.entries(scenario.settings).map(said).join(', ')
}

/**
 * What names leave unsaid: for each strategy a text with the settings by which its scenarios differ from the one above
 * them in the tree, such as `podman-in-place: best +threads one`.
 */
export function legend(scenarios: Scenario[]): string[] {
  const strategies = Map.groupBy(scenarios, ({ strategy }) => strategy)
  return [...strategies].flatMap(([strategy, own]) => {
    const plain = own.find(({ id }) => id === strategy)
    const measured = own.filter(({ n }) => n > 0)
    const said = measured.flatMap(scenario => {
      const adds = unsaid(scenario, above(scenario, own, plain), scenarios)
      return adds ? `${nameOf(scenario)} ${adds}` : []
    })
    return said.length > 0 ? `${strategy}: ${said.join('; ')}` : []
  })
}

function unsaid(scenario: Scenario, parent: Scenario | undefined, all: Scenario[]): string {
  const name = nameOf(scenario)
  if (name === undefined) return ''
  const changed = Object.entries(scenario.settings).filter(([key, value]) => parent?.settings[key] !== value)
  const adds = changed.filter(([key, value]) => !name.includes(typeof value === 'boolean' ? kebab(key) : String(value)))
  const like = all.slice(0, all.indexOf(scenario)).find(other => isSame(other.settings, scenario.settings))
  if (like && adds.length > 1) return `as ${like.id}`
  return adds.map(([key, value]) => `+${kebab(key)}${value === true ? '' : ` ${value}`}`).join(' ')
}

const isSame = (one: Settings, other: Settings) =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(one).every(([key, value]) => other[key] === value)
