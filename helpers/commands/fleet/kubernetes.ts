import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { VARIABLES } from '../../config/configuration.ts'
import { onePerName } from '../../core/command-line.ts'
import { checkCreatable } from '../../core/creatable.ts'
import { didYouMean } from '../../core/nearest.ts'
import { Problem } from '../../core/problem.ts'
import { writing } from '../../core/unwritable.ts'
import { type KubernetesOptions, manifests } from './manifests.ts'
import { checkedBenches, options } from './options.ts'
import { wholeNumber } from './whole-number.ts'
import { yaml } from './yaml.ts'

/** RFC 1123, as Kubernetes wants names of jobs; shorter, for the index and a suffix follow in pods' names. */
const NAME = /^[a-z]([-a-z0-9]{0,44}[a-z0-9])?$/

/** The results' place follows from the job and the node. */
const SETTABLE: string[] = [...VARIABLES.filter(name => name !== 'RESULTS_DIR'), 'EXIT_CODES']

/**
 * `npm run fleet -- kubernetes --image IMAGE --nodes N`: prints plain manifests, or writes a Kustomize base to --out.
 */
export function kubernetes(argv: string[], print: (text: string) => void): number {
  const { values, positionals } = options(argv, {
    image: { type: 'string' },
    nodes: { type: 'string' },
    name: { type: 'string', default: 'criu-gpu-bench' },
    select: { type: 'string', multiple: true, default: [] },
    gpus: { type: 'string', default: '0' },
    claim: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    deadline: { type: 'string', default: '3600' },
    out: { type: 'string' },
  })
  const { image, name, claim, out } = values
  if (!image) throw new Problem('--image is needed: where the cluster finds the image of the suite (docs/fleet.md)')
  if (!NAME.test(name)) throw new Problem(`--name: received ${JSON.stringify(name)}, wanted such as gpu-starts-7`)
  const variables = pairs('--set', values.set)
  for (const variable of Object.keys(variables))
    if (!SETTABLE.includes(variable))
      throw new Problem(`--set: ${variable} cannot be set there${didYouMean(variable, SETTABLE)}`)
  const wanted: KubernetesOptions = {
    name,
    image,
    nodes: wholeNumber('--nodes', values.nodes, 1),
    selector: pairs('--select', values.select),
    gpus: wholeNumber('--gpus', values.gpus, 0),
    ...(claim ? { claim } : {}),
    variables,
    benches: checkedBenches(positionals),
    deadline: wholeNumber('--deadline', values.deadline, 1),
  }
  const { configMap, job } = manifests(wanted)
  if (out === undefined) print([yaml(configMap), yaml(job)].join('---\n'))
  else writeBase(out, { 'configmap.yaml': yaml(configMap), 'job.yaml': yaml(job) })
  return 0
}

function writeBase(out: string, files: Record<string, string>): void {
  checkCreatable('--out', out)
  const kind = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' }
  const all = { ...files, 'kustomization.yaml': yaml({ ...kind, resources: Object.keys(files) }) }
  writing(out, () => {
    mkdirSync(out, { recursive: true })
    for (const [name, text] of Object.entries(all)) writeFileSync(join(out, name), text)
  })
}

function pairs(what: string, words: string[]): Record<string, string> {
  const named = words.map((word): [string, string] => {
    const at = word.indexOf('=')
    if (at < 1) throw new Problem(`${what}: received ${JSON.stringify(word)}, wanted NAME=VALUE`)
    return [word.slice(0, at), word.slice(at + 1)]
  })
  return onePerName(what, named)
}
