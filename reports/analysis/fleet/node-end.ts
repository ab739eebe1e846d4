import { z } from 'zod'
import { reportSchema } from '../../run/schema.ts'

export const NODE_END = 'criu-gpu-bench/node@1'

/** How one node of a fleet ended: the line on its standard output, and without the report its `node.json`. */
export const nodeEndSchema = z.object({
  schema: z.literal(NODE_END),
  job: z.string(),
  node: z.string(),
  timestamp: z.iso.datetime(),
  /** The suite's, as README has them, or 128 and a signal's number. */
  exit_code: z.number().int(),
  outcome: z.enum(['pass', 'fail', 'skip']),
  /** The folder of its run; null where none began. */
  run: z.string().nullable(),
  report: reportSchema.nullable().optional(),
})
export type NodeEnd = z.infer<typeof nodeEndSchema>
