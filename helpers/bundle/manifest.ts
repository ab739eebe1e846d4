import type { Part } from './parts.ts'

/** What a bundle holds, for people (`bundle.json`) and for sha256sum (`SHA256SUMS`). */

/** An archive in the bundle: what it is, its size packed, and the versions in it. */
export interface Content {
  archive: string
  what: string
  bytes: number
  versions: Record<string, string>
}

export interface Manifest {
  schema: 'criu-gpu-bench/bundle@1'
  created: string
  architecture: string
  contents: Content[]
  parts: Part[]
}

/** Lines that `sha256sum --check` reads. @throws RangeError for a name that its format cannot carry */
export function checksums(files: Pick<Part, 'file' | 'sha256'>[]): string {
  return files
    .map(({ file, sha256 }) => {
      if (/[\\\n\r/]/.test(file)) throw new RangeError(`no file name for SHA256SUMS: ${JSON.stringify(file)}`)
      return `${sha256}  ${file}\n`
    })
    .join('')
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

/** What was packed, one line an archive, and the parts' number and size. */
export function describeManifest({ contents, parts }: Manifest): string {
  const width = Math.max(...contents.map(({ archive }) => archive.length))
  const total = parts.reduce((sum, part) => sum + part.bytes, 0)
  return [
    ...contents.map(({ archive, bytes, what }) => `${archive.padEnd(width)}  ${megabytes(bytes).padStart(9)}  ${what}`),
    `${parts.length} ${parts.length === 1 ? 'part' : 'parts'}, ${megabytes(total)}; the largest ` +
      `${megabytes(Math.max(...parts.map(part => part.bytes)))}`,
  ].join('\n')
}
