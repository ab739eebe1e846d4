import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const run = (program: string) =>
  spawnSync('python3', ['-B', '-c', program], { cwd: import.meta.dirname, encoding: 'utf8', timeout: 30_000 })
const without = run('').status === 0 ? undefined : 'no python3'

/** Parameters as the models' pages on huggingface.co say, embeddings counted once where they are tied. */
test.skipIf(without).for([
  ['qwen2-0.5b', 494_032_768],
  ['qwen2-1.5b', 1_543_714_304],
  ['qwen2-7b', 7_615_616_512],
  ['qwen2.5-14b', 14_770_033_664],
  ['qwen2.5-32b', 32_763_876_352],
] as const)('%s has as many parameters as the real one', ([shape, parameters]) => {
  const { stdout, stderr } = run(
    'import json\nfrom tensors import elements, header, tensors\nc = ' +
      `json.load(open("shapes.json"))["${shape}"]["config"]\nh = header(c)\nprint(sum(elements(s) for _, ` +
      's, _ in tensors(c)), len(h) % 8, json.loads(h[8:])["model.norm.weight"]["dtype"])',
  )
  expect(stderr).toBe('')
  expect(stdout.trim()).toBe(`${parameters} 0 BF16`)
})

test.skipIf(without)('every byte has a token of its own, and every id a text', () => {
  const { stdout } = run(
    'import json\nfrom tokenizer import tokenizer\nv = ' +
      'tokenizer(1000)["model"]["vocab"]\nprint(json.dumps([len(v), sorted(v.values()) == ' +
      'list(range(1000)), sum(len(k) == 1 for k in v), v["w999"]]))',
  )
  expect(JSON.parse(stdout)).toEqual([1000, true, 256, 999])
})
