import { z } from 'zod'
import { reportSchema, runSchema, trialSchema } from '../run/schema.ts'
import { fleetSchema } from './fleet/fleet.ts'
import { historySchema } from './history.ts'
import { sizesSchema } from './sizes.ts'

/**
 * The files that others may read, as JSON Schema, each with its version. What is only added raises the second number:
 * readers of older files go on reading. Raise it here whenever a shape changes, then `npm run schemas`.
 */
const SHAPES = {
  run: { version: '1.6', of: 'run.json', schema: runSchema },
  trial: { version: '1.4', of: 'a line of trials.jsonl', schema: trialSchema },
  report: { version: '1.5', of: 'report.json', schema: reportSchema },
  history: { version: '1.1', of: 'history.json', schema: historySchema },
  sizes: { version: '1.0', of: 'sizes.json', schema: sizesSchema },
  fleet: { version: '1.0', of: 'what npm run fleet -- merge --format json prints', schema: fleetSchema },
}

export interface JsonSchemaFile {
  /** Such as `report`. */
  name: string
  /** Such as `report-1.0.schema.json`. */
  file: string
  text: string
}

/** The shapes of today, made from zod; what has a default may be left out, as older files do. */
export function jsonSchemas(): JsonSchemaFile[] {
  return Object.entries(SHAPES).map(([name, { version, of, schema }]) => {
    const file = `${name}-${version}.schema.json`
    const { $schema, ...shape } = z.toJSONSchema(schema, { io: 'input' })
    const whole = { $schema, $id: `criu-gpu-bench/${file}`, title: of, ...shape }
    return { name, file, text: `${JSON.stringify(whole, undefined, 2)}\n` }
  })
}
