import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { census, censusOf } from './census.ts'
import { type Census, censusSchema } from './census-schema.ts'
import { censusTable } from './census-table.ts'
import { readCheckpoint } from './checkpoint.ts'
import { presentPages } from './pagemap.ts'
import { RECORDED, tinyCheckpoint } from './recorded.ts'
import { readRegularFiles } from './regular-files.ts'
import { ImageError } from './wire.ts'

test('pages are counted by kind, zero pages apart', async () => {
  using checkpoint = tinyCheckpoint()
  const result = await census(checkpoint.folder)
  expect(censusSchema.parse(result)).toEqual(result)
  expect(result).toMatchObject({ bytes: 31 * 4096, zeroBytes: 20 * 4096, shared: [] })
  expect(result.processes[0]).toMatchObject({
    pid: 1,
    name: 'tiny-subject',
    files: [{ path: '/tmp/tiny-subject', bytes: 4096 }],
  })
  expect(
    Object.fromEntries(
      result.processes[0]!.kinds.map(({ kind, bytes, zeroBytes }) => [kind, [bytes / 4096, zeroBytes / 4096]]),
    ),
  ).toEqual({ anonymous: [25, 20], heap: [2, 0], kernel: [2, 0], stack: [1, 0], library: [1, 0] })
})

test("a server's memory is told by kind and file", () => {
  const {
    folder,
    processes: [server],
    files,
  } = readCheckpoint(join(RECORDED, 'llama-server'))
  const paths = new Map(readRegularFiles(files).map(({ id, path }) => [id, path]))
  const result = censusOf(server!, paths, new Uint8Array(presentPages(server!.pagemap.runs)), 3)
  const whole: Census = {
    schema: 'criu-gpu-bench/census@1',
    folder,
    bytes: result.bytes,
    zeroBytes: 0,
    processes: [result],
    shared: [{ id: '7', bytes: 4096, zeroBytes: 0 }],
  }
  expect(censusTable({ ...whole, folder: '/checkpoint' })).toMatchInlineSnapshot(`
    "/checkpoint
                                                               dumped  of which zero
    all processes                                           1152.9 MB         0.0 MB

    pid 1 llama-server, 128 mappings                        1152.9 MB         0.0 MB
      anonymous, 21 mappings                                1122.1 MB         0.0 MB
      heap, 1 mappings                                        28.8 MB         0.0 MB
      library, 37 mappings                                     1.1 MB         0.0 MB
      stack, 3 mappings                                        0.9 MB         0.0 MB
      kernel, 1 mappings                                       0.0 MB         0.0 MB
      private pages of files
        /usr/lib/x86_64-linux-gnu/libcrypto.so.3               0.5 MB         0.0 MB
        …lib/x86_64-linux-gnu/libllama-common.so.0.7.0         0.2 MB         0.0 MB
        /usr/lib/x86_64-linux-gnu/libllama.so.0.7.0            0.1 MB         0.0 MB
        /usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.36          0.1 MB         0.0 MB
        /usr/lib/x86_64-linux-gnu/libssl.so.3                  0.1 MB         0.0 MB
        …86_64-linux-gnu/llama/libllama-server-impl.so         0.0 MB         0.0 MB
        /usr/lib/x86_64-linux-gnu/libc.so.6                    0.0 MB         0.0 MB
        /usr/lib/x86_64-linux-gnu/libmtmd.so.0.7.0             0.0 MB         0.0 MB
        and 10 more
      largest mappings
        7fdaaa3d4000 anonymous, 1036.3 MB long              1036.2 MB         0.0 MB
        7fda836fa000 anonymous, 143.8 MB long                 85.1 MB         0.0 MB
        558e332dd000 heap, 29.0 MB long                       28.8 MB         0.0 MB

    shared memory
      7                                                        0.0 MB         0.0 MB"
  `)
  const long = `/${'folder/'.repeat(20)}checkpoint`
  for (const line of censusTable({ ...whole, folder: long }).split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('the command prints JSON, and says what is wrong with its arguments', async () => {
  using checkpoint = tinyCheckpoint()
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(import.meta.dirname, '../../commands/census.ts'), ...args])
  expect(censusSchema.parse(JSON.parse((await run(checkpoint.folder, '--json')).stdout)).bytes).toBe(31 * 4096)
  await expect(run()).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('npm run census takes one folder, received none'),
  })
  await expect(run('/nowhere')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('/nowhere holds no checkpoint'),
  })
})

test('images that were cut, changed or lost anywhere: a census or an ImageError', async () => {
  using checkpoint = tinyCheckpoint()
  const names = readdirSync(checkpoint.folder)
  const whole = new Map(names.map(name => [name, readFileSync(join(checkpoint.folder, name))]))
  let counted = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.constantFrom('cut', 'byte', 'gone', 'empty'),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.nat(255),
      async (name, how, share, value) => {
        for (const [file, bytes] of whole) writeFileSync(join(checkpoint.folder, file), bytes)
        const bytes = Buffer.from(whole.get(name)!)
        const at = Math.floor(share * bytes.length)
        bytes[at] = value
        if (how === 'gone') rmSync(join(checkpoint.folder, name))
        else
          writeFileSync(
            join(checkpoint.folder, name),
            how === 'byte' ? bytes : how === 'cut' ? bytes.subarray(0, at) : '',
          )
        try {
          censusTable(await census(checkpoint.folder))
          counted++
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError)
        }
      },
    ),
    { numRuns: 400 },
  )
  expect(counted).toBeGreaterThan(20)
}, 60_000)
