import { benchmark } from '../fixtures/benchmark.ts'

/** The traditional start, with the model in the page cache and without. */
benchmark('cold', [{ pageCache: 'warm' }, { name: 'page-cache-cold', pageCache: 'cold' }])
