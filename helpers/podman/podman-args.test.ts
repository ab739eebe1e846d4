import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseConfiguration } from '../config/configuration.ts'
import { Problem } from '../core/problem.ts'
import { splitWords } from '../core/words.ts'
import { podmanFlags, refusedPodmanArgs } from './podman-args.ts'

const refused = (text: string, brings = { entrypoint: false, criuOptions: false }) =>
  refusedPodmanArgs(splitWords(text)!, brings)

describe('flags, in every way that podman reads them', () => {
  test.for([
    ['--name=x', [['name', 'x']]],
    ['--name x', [['name', 'x']]],
    [
      '-dp 1:2',
      [
        ['detach', undefined],
        ['publish', '1:2'],
      ],
    ],
    [
      '-dp1:2 -itd',
      [
        ['detach', undefined],
        ['publish', '1:2'],
        ['interactive', undefined],
        ['tty', undefined],
        ['detach', undefined],
      ],
    ],
    [
      '-d=false -p=1:2',
      [
        ['detach', 'false'],
        ['publish', '1:2'],
      ],
    ],
    [
      '--net none --purge',
      [
        ['network', 'none'],
        ['rm', undefined],
      ],
    ],
    [
      '--env --name --volume -p:/x',
      [
        ['env', '--name'],
        ['volume', '-p:/x'],
      ],
    ],
    ['-e -d', [['env', '-d']]],
  ] as const)('%s', ([text, flags]) => {
    expect(podmanFlags(splitWords(text)!).flags.map(({ name, value }) => [name, value])).toEqual(flags)
    expect(podmanFlags(splitWords(text)!).rest).toEqual([])
  })
  test('whatever the words are, each is read once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('-d', '--name', '--', '-', '', '-dp', '--=x', '-='), fc.string())),
        words => {
          const { flags, rest } = podmanFlags(words)
          expect(rest).toEqual(rest.length === 0 ? [] : words.slice(-rest.length))
          expect(flags.length > 0 || rest.length === words.length).toBe(true)
          refusedPodmanArgs(words, { entrypoint: true, criuOptions: true })
        },
      ),
    )
  })
})

test.for([
  ['--name x', '--name: the suite names its containers itself; CONT_NAME sets the first part'],
  ['--net none', "--net (--network): the container has the host's network"],
  [
    '-dp 1:2',
    '-d (--detach): the suite starts every container in the background',
    "-p (--publish): the container has the host's network, so that nothing can be published",
  ],
  ['-P', "-P (--publish-all): the container has the host's network"],
  ['--purge', '--purge (--rm): a container must stay'],
  ['--rm=false', '--rm: a container must stay'],
  ['--restart always --cidfile /x', '--restart: a server that podman restarts', '--cidfile: podman refuses'],
  [
    '--root /x --storage-driver vfs',
    "--root: the suite's containers are in a store of their own",
    "--storage-driver: the suite's",
  ],
  ['--label criu-gpu-bench=1', '--label: the suite finds its containers by the label criu-gpu-bench'],
  ['-l criu-gpu-bench', '-l (--label): the suite finds its containers by the label criu-gpu-bench'],
  ['--security-opt seccomp=unconfined', '--security-opt: the suite sets the seccomp profile'],
  ['--ipc=host', "--ipc: podman would put the host's /dev/shm into the checkpoint"],
  ['-it', '-t (--tty): without podman, the runtime cannot restore'],
  ['--env A=1 ubuntu', '"ubuntu" is not a flag: podman would take it for the image'],
  ['--', '"--" is not a flag'],
  ['--env A=1 --volume', "--volume: its value is missing; podman would take the image's name for it"],
])('%s is refused', ([text, ...why]) => {
  const lines = refused(text!)
  expect(lines).toHaveLength(why.length)
  for (const [i, line] of lines.entries()) expect(line).toContain(why[i])
})

test('what the documents and tests use stays', () => {
  const text =
    '--privileged --device /dev/nvidia0 --shm-size 8g --volume /models:/root/.cache --annotation ' +
    'org.criu.config=/etc/my.conf --memory 24m --cpuset-cpus 0-15 --http-proxy=false --entrypoint sh'
  expect(
    refused(
      `${text} --env NAME -i -e A=--rm --label a=criu-gpu-bench --security-opt label=disable --ipc private ` +
        '--security-opt seccomp-like',
    ),
  ).toEqual([])
})

test("an engine's own program and options for CRIU", () => {
  expect(refused('--entrypoint sh', { entrypoint: true, criuOptions: false })).toEqual([
    expect.stringContaining('a program of its own'),
  ])
  expect(refused('--annotation a=b,org.criu.config=/x', { entrypoint: false, criuOptions: true })).toEqual([
    expect.stringContaining('(org.criu.config)'),
  ])
})

test('the configuration names all of them at once, and hides a secret among them', () => {
  const parse = () => parseConfiguration({ PODMAN_ARGS: '--rm -p 1:2 --env API_KEY=hunter22' }, false)
  expect(parse).toThrow(Problem)
  expect(parse).toThrow(
    /PODMAN_ARGS: received "--rm -p 1:2 --env API_KEY=\*\*\*".*\n {4}--rm: .*\n {4}-p \(--publish\): /,
  )
})
