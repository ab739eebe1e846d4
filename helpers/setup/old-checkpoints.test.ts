import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { oldCheckpoints } from './old-checkpoints.ts'

const none = () => false

function folderWith(...files: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'criu-gpu-bench-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const file of files) writeFileSync(join(folder, file), '')
  return folder
}

test('archives by their names, and nothing else', () => {
  const folder = folderWith(
    'vllm-ckpt.tar',
    'checkpoint.tar.zst',
    'my-CRIU.tgz',
    'notes.tar',
    'checkpoint.txt',
    'sem.x',
  )
  mkdirSync(join(folder, 'checkpoint.tar'))
  expect(
    oldCheckpoints('/mnt/own', none, [folder])
      .map(({ path }) => path)
      .toSorted(),
  ).toEqual(['checkpoint.tar.zst', 'my-CRIU.tgz', 'vllm-ckpt.tar'].map(name => join(folder, name)))
})

test('the CHECKPOINT_DIR of another store is one thing, the own is none', () => {
  const folder = folderWith('.run.lock', 'checkpoint.tar')
  expect(oldCheckpoints('/mnt/own', none, [folder])).toMatchObject([
    { path: folder, what: 'CHECKPOINT_DIR of another store' },
  ])
  expect(oldCheckpoints(folder, path => path.endsWith('/checkpoint.tar'), [folder, '/nowhere'])).toEqual([])
})

test('what others left in the own CHECKPOINT_DIR is named once, on a tmpfs or below one', () => {
  const folder = folderWith('.run.lock', 'checkpoint.tar', 'vllm-ckpt.tar')
  const named = (folders: string[]) => oldCheckpoints(folder, path => path.endsWith('/checkpoint.tar'), folders)
  for (const folders of [[folder], []])
    expect(named(folders)).toEqual([
      {
        path: join(folder, 'vllm-ckpt.tar'),
        what: 'an old checkpoint, judging by its name',
        remedy: expect.any(String),
      },
    ])
})

test('nor is one that CKPT_PATH names on another tmpfs; what lies beside it is', () => {
  const folder = folderWith('checkpoint.tar', 'vllm-ckpt.tar')
  const named = oldCheckpoints('/mnt/own', path => path === join(folder, 'vllm-ckpt.tar'), [folder])
  expect(named.map(({ path }) => path)).toEqual([join(folder, 'checkpoint.tar')])
})
