/** Lines at the end of a terminal that are drawn again and again, while others scroll by above them. */
export class LiveRegion {
  readonly #write: (text: string) => void
  #height = 0

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  /**
   * None of the lines may be wider than the terminal.
   * @param stay lines that scroll by, @param region lines that the next call replaces
   */
  draw(stay: string[], region: string[]): void {
    const up = this.#height > 1 ? `\u001B[${this.#height - 1}A` : ''
    const erase = this.#height > 0 ? `\r${up}\u001B[J` : ''
    this.#write(`${erase}${stay.map(line => `${line}\n`).join('')}${region.join('\n')}`)
    this.#height = region.length
  }
}
