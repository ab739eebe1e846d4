import { reportProblem } from '../../core/problem.ts'
import { dropZeroPages } from '../../criu/images/drop-zero-pages.ts'
import { mapPages } from '../../criu/images/map-pages.ts'

/**
 * A recipe's page mapper: gives the images of a checkpoint another form, in place.
 *   page-mapper mapped IMAGES FILE PATH     FILE: where mapped memory goes, PATH: the same in the container
 *   page-mapper no-zeros IMAGES
 */
const [form, images, file, containerPath] = process.argv.slice(2)
try {
  const known = form === 'no-zeros' || (form === 'mapped' && file && containerPath)
  if (!images || !known) {
    console.error('page-mapper mapped IMAGES FILE PATH, or page-mapper no-zeros IMAGES')
    process.exitCode = 2
  } else {
    if (file && containerPath) {
      const { bytes, left, mapped, skipped } = await mapPages(images, { file, containerPath })
      const mib = (count: number) => `${Math.round(count / 2 ** 20)} MiB`
      console.log(`page-mapper: of ${mib(bytes)}, ${mib(mapped)} are mapped and at most ${mib(left)} are read`)
      for (const { name, pid, reason } of skipped)
        console.log(`page-mapper: ${name} (${pid}) stays as it was: ${reason}`)
    }
    await dropZeroPages(images)
  }
} catch (error) {
  process.exitCode = reportProblem(error)
}
