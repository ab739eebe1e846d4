import { expect, test } from 'vitest'
import { portable } from './container.ts'
import { inShell, inUnit } from './words.ts'

const suite = ['--root', '/s/root', '--runtime', 'runc', '--cgroup-manager', 'cgroupfs', '--events-backend', 'none']
const own = ['--detach', '--name', 'n', '--label', 'criu-gpu-bench=1', '--network', 'host', '--cgroup-parent', '/c']
const made = (flags: string[], command: string[] = []) =>
  portable(['podman', ...suite, 'run', ...own, ...flags, 'an-image', ...command], 'an-image', ['/var/lib/suite'])
const shell = (groups: { flags: Parameters<typeof inShell>[0][][] }) =>
  groups.flags.map(words => words.map(inShell).join(' '))

test("what belonged to the suite's store, label and cgroup is left out; how containers run stays", () => {
  const { podman, flags } = made(['--pull', 'never', '--ulimit', 'nofile=1:1'])
  expect(podman).toEqual(['--runtime', 'runc', '--cgroup-manager', 'cgroupfs'])
  expect(shell({ flags })).toEqual(['--pull never', '--ulimit nofile=1:1'])
})

test("mounts of the suite's folders become the recipe's, others stay", () => {
  const { flags, copies } = made([
    ...['--volume', '/mnt/c/pages/n:/checkpoint-pages:ro', '--volume', '/mnt/c/weights/1:/weights'],
    ...['--volume', '/var/lib/suite/caches/vllm-warm:/root/.cache', '--volume', '/models:/models:ro'],
    ...['--volume', '/checkout/helpers/vllm-sleep:/criu-gpu-bench/vllm-sleep:ro'],
    ...['--volume', '/var/lib/suite/driver/1:/var/lib/suite/driver/1:ro'],
    ...['--security-opt', 'seccomp=/var/lib/suite/s.json', '--security-opt', 'label=disable'],
    ...['--annotation', 'org.criu.config=/run/x/n.conf'],
  ])
  expect(shell({ flags })).toEqual([
    '--volume "$MEMORY":/checkpoint-pages:ro',
    '--volume "$WEIGHTS":/weights',
    '--volume "$CACHE":/root/.cache',
    '--volume /models:/models:ro',
    '--volume "$HERE"/parts/vllm-sleep:/criu-gpu-bench/vllm-sleep:ro',
    '--volume "$HERE"/parts/mounts/var_lib_suite_driver_1:/var/lib/suite/driver/1:ro',
    '--security-opt seccomp="$HERE"/parts/seccomp.json',
    '--security-opt label=disable',
    '--annotation org.criu.config="$HERE"/criu.conf',
  ])
  expect(copies).toEqual([
    { from: '/checkout/helpers/vllm-sleep', to: 'parts/vllm-sleep' },
    { from: '/var/lib/suite/driver/1', to: 'parts/mounts/var_lib_suite_driver_1' },
    { from: '/var/lib/suite/s.json', to: 'parts/seccomp.json' },
  ])
})

test('the address moves with the network; words of the command keep their form', () => {
  const { command } = made([], ['server', '--host', '127.0.0.1', '--prompt', "it's $HOME", '-x'])
  expect(command.map(words => words.map(inShell).join(' '))).toEqual([
    'server',
    '--host "$ADDRESS"',
    String.raw`--prompt 'it'\''s $HOME'`,
    '-x',
  ])
})

test('secrets are asked for by name; one among the arguments is no recipe', () => {
  expect(made(['--env', 'HF_TOKEN', '--env', 'A=b', '--env', 'EMPTY=']).secrets).toEqual(['HF_TOKEN'])
  expect(() => made(['--env', 'A=b'], ['server', '--api-key', '***'])).toThrow(/not recorded: \*\*\*[\s\S]*by name/)
})

test('what is no podman run of the image is none', () => {
  expect(() => portable(['runc', 'restore', 'x'], 'an-image', [])).toThrow('no podman run of an-image')
  expect(() => portable(['podman', 'run', 'other'], 'an-image', [])).toThrow('no podman run of an-image')
})

test("a word in a unit of systemd's", () => {
  const folders = { HERE: '/a b', MEMORY: '', WEIGHTS: '', CACHE: '', ADDRESS: '' }
  expect(inUnit({ before: 'seccomp=', base: 'HERE', after: '/s.json' }, folders)).toBe('"seccomp=/a b/s.json"')
  expect(inUnit({ after: '100% of $HOME' }, folders)).toBe('"100%% of $$HOME"')
  expect(inUnit({ after: '/models:/models:ro' }, folders)).toBe('/models:/models:ro')
})
