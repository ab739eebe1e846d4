import { expect, test } from 'vitest'
import { run } from '../../testing/recorded/builders.ts'
import { factsOf, found } from './facts.ts'
import { peerMemory } from './peer-memory.ts'

const failed = (reason: string) =>
  factsOf(run([{ id: 'cuda-resume/awake', strategy: 'cuda-resume', failed: reason }]), [])

test('a checkpoint that was tried and could not come back, by the line that names the processes', () => {
  const line = 'CUDA restore failed: process 7 (VLLM::Worker_TP1): CUDA_ERROR_NOT_SUPPORTED (801): this driver'
  expect(found(peerMemory, failed(`a checkpoint of these 4 CUDA processes cannot come back\n${line}\nStart`))).toEqual({
    'cuda-resume/awake': expect.objectContaining({
      code: 'checkpoint-cannot-come-back',
      evidence: line,
      cost: null,
      remedy: expect.stringContaining('TENSOR_PARALLEL'),
    }),
  })
})

test('other failures, and a scenario that was measured, are none', () => {
  expect(found(peerMemory, failed('CUDA lock failed: CUDA_ERROR_NOT_READY (600)'))).toEqual({})
  const skipped = factsOf(run([{ id: 'a', skipped: 'cannot be restored (CUDA error 801)' }]), [])
  expect(found(peerMemory, skipped)).toEqual({})
})
