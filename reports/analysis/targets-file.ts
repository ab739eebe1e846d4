import { z } from 'zod'
import { didYouMean } from '../../helpers/core/nearest.ts'
import { Problem } from '../../helpers/core/problem.ts'
import { ENGINES } from '../../helpers/engines/index.ts'
import { metricSign } from '../run/format.ts'
import { repeatedKey } from '../run/json-line.ts'
import { METRICS, type Metric, type Target, targetSchema } from '../run/schema.ts'

/**
 * Where a limit holds: everywhere, or on an engine, a GPU (a part of its name), with a model (a part of its name), with
 * models of up to so many parameters.
 */
const place = targetSchema.pick({ engine: true, gpu: true, model: true, max_parameters: true })

/** Limits of a metric; both kinds side by side. */
const limits = z
  .strictObject({ must: z.number().optional(), goal: z.number().optional() })
  .refine(({ must, goal }) => must !== undefined || goal !== undefined, 'allowed are must, goal or both')

/** An entry below a scenario: where it holds, and its limits by metric. */
const entrySchema = place
  .extend({
    limits: z
      .strictObject(Object.fromEntries(METRICS.map(metric => [metric, limits.optional()])))
      .refine(all => Object.keys(all).length > 0, `allowed are ${METRICS.join(', ')}`),
  })
  .strict()

/** A targets file: by scenario its entries. */
const groupedSchema = z.record(z.string(), z.array(entrySchema).min(1))
/** The form before: a list, one limit each. */
const listSchema = z.array(targetSchema.strict())

/** A target, and how messages call its place in the file. */
interface Read {
  where: string
  target: Target
}

/**
 * Reads a targets file.
 * @param text content of the file
 * @param path its name, for errors
 * @param known the id of every scenario that the bench files name, those of other hosts and engines among them, by what
 *   it may be called: its id, and its long id with all its settings
 * @throws Problem naming each entry that is wrong, what was received and what is allowed
 */
export function parseTargets(text: string, path: string, known: ReadonlyMap<string, string>): Target[] {
  const json = parseJson(text, path)
  const schema = Array.isArray(json) ? listSchema : groupedSchema
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw unusable(path, parsed.error.issues.map(describe))
  const read = Array.isArray(parsed.data) ? fromList(parsed.data) : fromGroups(parsed.data)
  const named = read.map(({ where, target }) => ({
    where,
    target: { ...target, scenario: known.get(target.scenario) ?? target.scenario },
  }))
  const ids = [...new Set(known.values())]
  const wrong = named.flatMap((one, index) =>
    defects(one, named.slice(0, index), ids).map(defect => `${one.where}: ${defect}`),
  )
  if (wrong.length > 0) throw unusable(path, wrong)
  return named.map(({ target }) => target)
}

const unusable = (path: string, wrong: string[]) =>
  new Problem(`${path} is unusable:\n${[...new Set(wrong)].map(line => `  ${line}`).join('\n')}`)

const fromList = (list: z.output<typeof listSchema>): Read[] =>
  list.map((target, index) => ({ where: `target ${index + 1} (${target.scenario})`, target }))

function fromGroups(groups: z.output<typeof groupedSchema>): Read[] {
  return Object.entries(groups).flatMap(([scenario, entries]) =>
    entries.flatMap(({ limits: all, ...place }, index) =>
      Object.entries(all).flatMap(([metric, kinds]) =>
        (['must', 'goal'] as const).flatMap((kind): Read[] => {
          const limit = kinds?.[kind]
          if (limit === undefined) return []
          return [
            {
              where: `${entryName(scenario, index)}: ${metric}`,
              target: { metric: metric as Metric, scenario, ...place, limit, kind },
            },
          ]
        }),
      ),
    ),
  )
}

const entryName = (scenario: string, index: number) => `${scenario}, entry ${index + 1}`

/** What is wrong with a target that has the right form. */
function defects({ target }: Read, before: Read[], ids: string[]): string[] {
  const { scenario, engine, metric, limit } = target
  const meets = metricSign(metric) === '<=' ? 'nothing' : 'everything'
  const same = before.find(other => JSON.stringify(other.target, FIELDS) === JSON.stringify(target, FIELDS))
  return [
    !ids.includes(scenario) && `scenario "${scenario}" does not exist${didYouMean(scenario, ids, 3)}`,
    engine !== undefined &&
      !ENGINES.some(known => known === engine) &&
      `engine "${engine}" does not exist; there are ${ENGINES.join(', ')}`,
    limit <= 0 && `limit: received ${limit}, allowed is more than 0: ${meets} would meet it`,
    same && `it says again what ${same.where} says`,
  ].filter(defect => typeof defect === 'string')
}

const FIELDS = Object.keys(targetSchema.shape).sort()

function parseJson(text: string, path: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Problem(`${path} is not JSON: ${(error as Error).message}`)
  }
  // JSON.parse keeps the last one and says nothing: a limit would be lifted by a slip
  const twice = repeatedKey(text)
  if (twice) throw new Problem(`${path}:${twice.line}: "${twice.key}" appears twice: merge the two entries`)
  return value
}

function describe({ path, ...issue }: z.core.$ZodIssue): string {
  const [first, ...rest] = path
  const inList = typeof first === 'number'
  const [entry, ...within] = inList ? [undefined, ...rest] : rest
  const where = inList
    ? `target ${first + 1}`
    : first === undefined
      ? 'the file'
      : typeof entry === 'number'
        ? entryName(String(first), entry)
        : String(first)
  const field = within.map(String).join(': ')
  if (issue.code === 'unrecognized_keys') {
    const allowed = inList
      ? Object.keys(targetSchema.shape)
      : within.length === 0
        ? Object.keys(entrySchema.shape)
        : within.length === 1
          ? [...METRICS]
          : ['must', 'goal']
    const [key = ''] = issue.keys
    return (
      `${where}: no target has ` +
      `${[field, key].filter(Boolean).join(': ')}${didYouMean(key, allowed) || `, allowed are ${allowed.join(', ')}`}`
    )
  }
  const message = within.at(-1) === 'metric' ? `allowed are ${METRICS.join(', ')}` : issue.message
  return `${where}: ${field && `${field}: `}${message}`
}
