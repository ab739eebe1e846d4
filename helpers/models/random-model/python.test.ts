import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

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
  ['llama-3.2-1b', 1_235_814_400],
  ['llama-3.1-8b', 8_030_261_248],
  ['qwen1.5-moe-a2.7b', 14_315_784_192],
] as const)('%s has as many parameters as the real one', ([shape, parameters]) => {
  const { stdout, stderr } = run(
    'import json\nfrom make import configuration\nfrom tensors import elements, header, tensors\n' +
      `c = configuration("${shape}", 0, "none")\nh = header(c)\nprint(sum(elements(s) for _, ` +
      's, _ in tensors(c)), len(h) % 8, json.loads(h[8:])["model.norm.weight"]["dtype"])',
  )
  expect(stderr).toBe('')
  expect(stdout.trim()).toBe(`${parameters} 0 BF16`)
})

/** Entries of the header: what vLLM 0.26 reads of an FP8 checkpoint. */
test.skipIf(without)('FP8: a byte for each weight of a layer, a scale for each matrix, the rest in bf16', () => {
  const { stdout, stderr } = run(
    'import json\nfrom make import configuration\nfrom tensors import header\n' +
      'c = configuration("qwen1.5-moe-a2.7b", 1, "fp8")\nh = json.loads(header(c)[8:])\n' +
      'e = {n: [e["dtype"], e["shape"]] for n, e in h.items() if "dtype" in e}\n' +
      'print(json.dumps([c["quantization_config"], e]))',
  )
  expect(stderr).toBe('')
  const [quantization, entries] = JSON.parse(stdout)
  expect(quantization).toEqual({ quant_method: 'fp8', activation_scheme: 'dynamic' })
  const layer = 'model.layers.0'
  expect(entries).toMatchObject({
    'model.embed_tokens.weight': ['BF16', [151936, 2048]],
    [`${layer}.self_attn.q_proj.weight`]: ['F8_E4M3', [2048, 2048]],
    [`${layer}.self_attn.q_proj.weight_scale`]: ['F32', [1]],
    [`${layer}.self_attn.q_proj.bias`]: ['BF16', [2048]],
    [`${layer}.mlp.gate.weight`]: ['BF16', [60, 2048]],
    [`${layer}.mlp.experts.59.down_proj.weight`]: ['F8_E4M3', [2048, 1408]],
    [`${layer}.mlp.experts.59.down_proj.weight_scale`]: ['F32', [1]],
    [`${layer}.mlp.shared_expert_gate.weight`]: ['BF16', [1, 2048]],
    'lm_head.weight': ['BF16', [151936, 2048]],
  })
  expect(entries[`${layer}.mlp.gate.weight_scale`]).toBeUndefined()
})

const torch = without ?? (run('import torch').status === 0 ? undefined : 'no torch')

test.skipIf(torch)('FP8 values are numbers, and layers differ', () => {
  const { stdout, stderr } = run(
    'import torch\nfrom values import Pool\np = Pool(torch, 1, 0.02, 1 << 22)\n' +
      'a, b = (b"".join(p.pieces(5 << 20, "matrix", "F8_E4M3", 1)) for _ in range(2))\n' +
      'print(len(a), a == b, sum(a.count(n) for n in (0x7F, 0xFF)), len(set(a)) > 200)',
  )
  expect(stderr).toBe('')
  expect(stdout.trim()).toBe(`${5 << 20} False 0 True`)
})

/** Names that a function of make.py uses and that neither the file nor Python has: torch is in no CI. */
test.skipIf(without)('every name in make.py is known', () => {
  const { stdout, stderr } = run(
    'import ast, builtins, make\ntree = ast.parse(open("make.py").read())\n' +
      'names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}\n' +
      'own = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}\n' +
      'own |= {a.arg for a in ast.walk(tree) if isinstance(a, ast.arg)} | {"torch", "error"}\n' +
      'print(sorted(n for n in names - own if not hasattr(make, n) and not hasattr(builtins, n)))',
  )
  expect(stderr).toBe('')
  expect(stdout.trim()).toBe('[]')
})

test.skipIf(torch)('an FP8 model and an adapter for it, as files', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'random-model-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const make = (...words: string[]) => {
    const { stdout, stderr } = spawnSync('python3', ['-B', 'make.py', ...words], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    return JSON.parse(stdout)
  }
  expect(make('model', folder, '1', 'qwen2-0.5b', '1', 'fp8').parameters).toBeGreaterThan(136e6)
  const adapter = join(folder, 'adapter')
  expect(make('lora', adapter, '1', folder, '8').parameters).toBe(8 * (4 * 896 + 2 * 896 + 2 * 128))
  expect(JSON.parse(readFileSync(join(adapter, 'adapter_config.json'), 'utf8'))).toMatchObject({ r: 8 })
})

test.skipIf(without)('every byte has a token of its own, and every id a text', () => {
  const { stdout } = run(
    'import json\nfrom tokenizer import tokenizer\nv = ' +
      'tokenizer(1000)["model"]["vocab"]\nprint(json.dumps([len(v), sorted(v.values()) == ' +
      'list(range(1000)), sum(len(k) == 1 for k in v), v["w999"]]))',
  )
  expect(JSON.parse(stdout)).toEqual([1000, true, 256, 999])
})
