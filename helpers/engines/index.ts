import type { EngineDescription } from './description.ts'
import { llamaCpp } from './llama-cpp.ts'
import { openai } from './openai.ts'
import { vllm } from './vllm.ts'

/** Every engine there is, as ENGINE names it. What runs each stands in fixtures/engines. */
const all = { 'llama-cpp': llamaCpp, vllm, openai } satisfies Record<string, EngineDescription>

export type EngineName = keyof typeof all
export const engineDescriptions: Record<EngineName, EngineDescription> = all
export const ENGINES = Object.keys(all) as EngineName[]

/** The engine where ENGINE is not set. */
export const defaultEngine = (hasGpu: boolean): EngineName => (hasGpu ? 'vllm' : 'llama-cpp')
