import { z } from 'zod'
import { MEMORY_KINDS } from './kind.ts'

const bytes = z.int().nonnegative()
/** Dumped bytes, and how many of them are in pages that are all zero. */
const dumped = { bytes, zeroBytes: bytes }

/** What `npm run census -- FOLDER --json` prints. All sizes in bytes; addresses are hexadecimal, without 0x. */
export const censusSchema = z.object({
  schema: z.literal('criu-gpu-bench/census@1'),
  folder: z.string(),
  ...dumped,
  processes: z.array(
    z.object({
      pid: z.int(),
      parent: z.int(),
      name: z.string(),
      mappings: z.int(),
      ...dumped,
      kinds: z
        .array(z.object({ kind: z.enum(MEMORY_KINDS), mappings: z.int(), ...dumped }))
        .describe('Largest first; kinds with no dumped page are left out.'),
      files: z
        .array(z.object({ path: z.string(), ...dumped }))
        .describe('Private pages of mapped files, by file, largest first.'),
      largest: z.array(
        z.object({
          start: z.string(),
          end: z.string(),
          kind: z.enum(MEMORY_KINDS),
          path: z.string().optional(),
          size: bytes,
          ...dumped,
        }),
      ),
    }),
  ),
  shared: z
    .array(z.object({ id: z.string(), ...dumped }))
    .describe('Shared memory, which has its own files of pages; id as in pagemap-shmem-ID.img.'),
})

export type Census = z.infer<typeof censusSchema>
