import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { kubernetes } from './kubernetes.ts'
import { manifests } from './manifests.ts'
import { yaml } from './yaml.ts'

/** PyPI's kubernetes-validate has the schemas of Kubernetes. */
const VALIDATOR = process.env.KUBERNETES_VALIDATE ?? 'kubernetes-validate'
const validates = spawnSync(VALIDATOR, ['--version']).status === 0
const ASKED = ['--image', 'registry/suite:1', '--nodes', '3', '--name', 'starts-7', '--gpus', '8', '--claim', 'shared']
const MORE = ['--select', 'nvidia.com/gpu.product=NVIDIA-H100', '--set', 'ENGINE_ARGS=--a "b: c" # d', 'cold']

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'kubernetes-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

function printed(...argv: string[]): string {
  let text = ''
  kubernetes(argv, more => {
    text += more
  })
  return text
}

describe('npm run fleet -- kubernetes', () => {
  const wanted = { name: 'x', image: 'i', nodes: 3, selector: {}, gpus: 0, variables: {}, benches: [], deadline: 60 }
  it('one pod on each node, none tried again, none ended by another', () => {
    const { job } = manifests(wanted)
    expect(job).toMatchObject({
      spec: {
        completionMode: 'Indexed',
        completions: 3,
        parallelism: 3,
        backoffLimitPerIndex: 0,
        maxFailedIndexes: 3,
        template: { spec: { restartPolicy: 'Never' } },
      },
    })
    expect(JSON.stringify(job)).not.toMatch(/host(PID|Network|IPC|Path)|resources/)
  })
  it('writes what it prints as a Kustomize base', () => {
    const out = folder()
    const text = printed(...ASKED, ...MORE)
    expect(printed(...ASKED, ...MORE, '--out', out)).toBe('')
    expect(readdirSync(out).toSorted()).toEqual(['configmap.yaml', 'job.yaml', 'kustomization.yaml'])
    const files = ['configmap.yaml', 'job.yaml'].map(file => readFileSync(join(out, file), 'utf8'))
    expect(files.join('---\n')).toBe(text)
  })
  it.skipIf(!validates)("is what Kubernetes' schemas take, none of it unknown", () => {
    const out = folder()
    printed(...ASKED, ...MORE, '--out', out)
    for (const version of ['1.29', '1.33'])
      for (const file of ['configmap.yaml', 'job.yaml'])
        execFileSync(VALIDATOR, ['--strict', '-k', version, join(out, file)])
  })
  it.for([
    [[], /--image is needed/],
    [['--image', 'x'], /--nodes: received nothing/],
    [['--image', 'x', '--nodes', '0'], /--nodes: received 0/],
    [['--image', 'x', '--nodes', '2', '--name', 'Big_Job'], /--name: received "Big_Job"/],
    [['--image', 'x', '--nodes', '2', '--set', 'ITERATION=3'], /ITERATION cannot be set there; did you mean/],
    [['--image', 'x', '--nodes', '2', '--set', 'RESULTS_DIR=/x'], /RESULTS_DIR cannot be set/],
    [['--image', 'x', '--nodes', '2', '--select', 'gpu'], /wanted NAME=VALUE/],
    [['--image', 'x', '--nodes', '2', '--out', '/proc/x'], /--out: received/],
  ] as const)('%j is refused', ([argv, says]) => expect(() => printed(...argv)).toThrow(says))
})

test('YAML: strings are quoted, keys where they must be', () =>
  expect(yaml({ a: { 'b/c': 'no', d: [{ e: 1, f: [] }, 'g: #'] }, h: {}, i: undefined })).toBe(
    'a:\n  "b/c": "no"\n  d:\n    - e: 1\n      f: []\n    - "g: #"\nh: {}\n',
  ))
