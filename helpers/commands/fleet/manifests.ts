import type { Plain } from './yaml.ts'

export interface KubernetesOptions {
  name: string
  image: string
  nodes: number
  /** What the node must be labelled with, such as `nvidia.com/gpu.product`. */
  selector: Record<string, string>
  /** GPUs of each node; all of them, so that nothing else runs on them. 0 without. */
  gpus: number
  /** A PersistentVolumeClaim that many nodes can write to; without one the report is on standard output alone. */
  claim?: string
  /** Settings of the suite, by variable. */
  variables: Record<string, string>
  benches: string[]
  /** Seconds until the run is asked to end. */
  deadline: number
}

type Manifest = { [key: string]: Plain | undefined }

/** Seconds between being asked to end and being killed: the report is written then. */
const GRACE = 120
/** Where the volumes are mounted. */
const PLACES = { STATE_DIR: '/state', MODELS_CACHE: '/models' }

/** A ConfigMap with the suite's settings, and an Indexed Job with one pod on each node. Pure. */
export function manifests(options: KubernetesOptions): { configMap: Manifest; job: Manifest } {
  const { name, variables } = options
  const metadata = { name, labels: { 'app.kubernetes.io/name': 'criu-gpu-bench' } }
  return {
    configMap: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { ...PLACES, ...variables } },
    job: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata,
      spec: {
        completionMode: 'Indexed',
        completions: options.nodes,
        parallelism: options.nodes,
        // nothing is tried again, and a node that fails ends no other: backoffLimit 0 would end them all
        backoffLimitPerIndex: 0,
        maxFailedIndexes: options.nodes,
        activeDeadlineSeconds: options.deadline,
        template: { metadata: { labels: { 'criu-gpu-bench/job': name } }, spec: pod(options) },
      },
    },
  }
}

function pod(options: KubernetesOptions): Manifest {
  const { name, selector, claim } = options
  const results = claim ? { persistentVolumeClaim: { claimName: claim } } : { emptyDir: {} }
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: GRACE,
    automountServiceAccountToken: false,
    ...(Object.keys(selector).length > 0 ? { nodeSelector: selector } : {}),
    tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [apartFrom(name)] } },
    containers: [container(options)],
    volumes: [
      { name: 'results', ...results },
      // container storage cannot lie on the image's overlay
      { name: 'state', emptyDir: {} },
      { name: 'models', emptyDir: {} },
    ],
  }
}

const apartFrom = (name: string): Manifest => ({
  labelSelector: { matchLabels: { 'criu-gpu-bench/job': name } },
  topologyKey: 'kubernetes.io/hostname',
})

function container({ name, image, gpus, benches }: KubernetesOptions): Manifest {
  return {
    name: 'suite',
    image,
    command: ['node', 'helpers/bootstrap.mjs', 'fleet', 'node'],
    args: ['--results', '/results', '--job', name, ...(benches.length > 0 ? ['--', ...benches] : [])],
    env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
    envFrom: [{ configMapRef: { name } }],
    // mounts, CRIU and a container of its own; no namespace of the host is needed
    securityContext: { privileged: true },
    ...(gpus > 0 ? { resources: { limits: { 'nvidia.com/gpu': gpus } } } : {}),
    volumeMounts: [
      { name: 'results', mountPath: '/results' },
      { name: 'state', mountPath: PLACES.STATE_DIR },
      { name: 'models', mountPath: PLACES.MODELS_CACHE },
    ],
  }
}
