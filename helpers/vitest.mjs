/** Vitest's command line. An option that it does not know gives a sentence where it would print a stack. */
try {
  await import('../node_modules/vitest/vitest.mjs')
} catch (error) {
  if (error.name !== 'CACError') throw error
  console.error(`criu-gpu-bench: vitest: ${error.message}\nnpx vitest ${process.argv[2] ?? ''} --help lists them.`)
  process.exitCode = 2
}
