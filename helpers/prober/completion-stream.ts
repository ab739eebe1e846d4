import { createParser } from 'eventsource-parser'
import { type Evaluation, evaluationOf, messageOf, parsed } from './completion-chunk.ts'

/** An answer as its stream tells it. */
export interface Completion extends Evaluation {
  text: string
  tokens: number
  /** What the server calls it, such as chatcmpl-1; undefined where it has no name for it. */
  id?: string
  /** `stop` or `length`; undefined where the server sent none. */
  finishReason?: string
  /** What could not be checked. */
  notes?: string[]
}

/**
 * A server that answered, but not with tokens.
 * @property status of the response; undefined where none came
 * @property definite the server said so itself: it is not one that only begins to listen or broke off
 */
export class NoTokens extends Error {
  override name = 'NoTokens'
  readonly status: number | undefined
  readonly definite: boolean
  constructor(message: string, { status, definite }: { status?: number; definite: boolean }) {
    super(message)
    this.status = status
    this.definite = definite
  }
}

/** Characters of what a server said that an error quotes, in one line. */
const QUOTED = 200
export const excerpt = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, QUOTED)

/** The end of an answer, also where the blank line or the line's end behind it never comes. */
const DONE = /(?:^|[\r\n])data: ?\[DONE\]\s*$/

/**
 * The event stream of a completion: pieces of text in, cut anywhere, an answer or the reason why it is none out. Pure.
 * Whatever follows the answer's end does not count.
 */
export class CompletionStream {
  tokens = 0
  readonly #mayBeEmpty: boolean
  #text = ''
  #id: string | undefined
  #finishReason: string | undefined
  #evaluation: Evaluation = {}
  #done = false
  #refusal: string | undefined
  #events = 0
  /** How the answer began, for a body that is no event stream. */
  #began = ''
  /** A line without its end. */
  #pending = ''
  #parser = createParser({
    onEvent: ({ event, data }) => this.#take(event, data),
    onError: ({ field, value }) => void (field === 'error' && this.#fail(value ?? '')),
  })

  /** @param mayBeEmpty an answer that ends properly without a token is one */
  constructor({ mayBeEmpty = false }: { mayBeEmpty?: boolean | undefined } = {}) {
    this.#mayBeEmpty = mayBeEmpty
  }

  push(text: string): void {
    if (this.over) return
    if (this.#began.length < QUOTED) this.#began = (this.#began + text).trimStart().slice(0, QUOTED)
    const all = this.#pending + text
    // the parser gets whole lines: of one that comes in pieces it drops an unknown field, such as an error
    const end = DONE.test(all) ? all.length : Math.max(all.lastIndexOf('\n'), all.lastIndexOf('\r')) + 1
    this.#pending = all.slice(end)
    this.#parser.feed(all.slice(0, end))
    if (end === all.length && DONE.test(all)) this.#parser.feed('\n\n')
  }

  /** Nothing that may follow changes the outcome. */
  get over(): boolean {
    return this.#done || this.#refusal !== undefined
  }

  /**
   * What the stream says, once it is over or has ended.
   * @throws NoTokens where that is no whole answer
   */
  completion(): Completion {
    const wrong = this.#refusal ?? this.#missing()
    if (wrong) throw new NoTokens(wrong, { definite: true })
    const notes = [
      ...(this.#done ? [] : ['the stream ended without [DONE]']),
      ...(this.#finishReason ? [] : ['the server gave no finish_reason']),
    ]
    return {
      text: this.#text,
      tokens: this.tokens,
      ...(this.#id && { id: this.#id }),
      ...this.#evaluation,
      ...(this.#finishReason && { finishReason: this.#finishReason }),
      ...(notes.length > 0 && { notes }),
    }
  }

  /** Undefined until the server has given one. */
  get finishReason(): string | undefined {
    return this.#finishReason
  }

  /** What is missing of a stream that broke off. */
  get unfinished(): string {
    if (!this.#finishReason) return 'the stream stopped before its end'
    return `the stream stopped after finish_reason "${this.#finishReason}" and before [DONE]`
  }

  /** What a stream without an error lacks to be an answer. */
  #missing(): string | undefined {
    if (this.#events === 0 && this.#began) return `the server sent no event stream: ${excerpt(this.#began)}`
    const ended = this.#done || this.#finishReason !== undefined
    if (this.tokens === 0 && !(ended && this.#mayBeEmpty)) return 'the stream ended without a token'
    return ended ? undefined : this.unfinished
  }

  #take(event: string | undefined, data: string): void {
    if (this.over) return
    this.#events++
    if (event === 'error') return this.#fail(data)
    if (data === '[DONE]') return void (this.#done = true)
    const said = parsed(data)
    if (said?.error || said?.object === 'error') return this.#fail(data)
    // a chunk about the usage need have none
    const choices = said?.choices ?? (said?.usage || said?.timings || said?.choices === null ? [] : undefined)
    if (!said || !Array.isArray(choices))
      return this.#refuse(`the server sent something that is not a completion: ${excerpt(data)}`)
    this.#evaluation = { ...this.#evaluation, ...evaluationOf(said) }
    if (typeof said.id === 'string') this.#id ??= said.id
    const [choice] = choices
    const { delta } = choice ?? {}
    const piece = choice?.text ?? (delta?.content || delta?.reasoning_content || delta?.reasoning)
    if (piece) {
      this.tokens++
      this.#text += piece
    }
    const reason = choice?.finish_reason
    if (reason === 'stop' || reason === 'length') this.#finishReason = reason
    // some servers say '' for none
    else if (reason) {
      const given = excerpt(JSON.stringify(reason))
      this.#refuse(
        `the server ended its answer with finish_reason ${given}, ` +
          `which is neither "stop" nor "length"${this.#after()}`,
      )
    }
  }

  #fail(error: string): void {
    this.#refuse(`the server sent an error${this.#after()}: ${excerpt(messageOf(error))}`)
  }

  #refuse(why: string): void {
    if (!this.over) this.#refusal = why
  }

  #after(): string {
    return this.tokens === 0 ? '' : ` (after ${this.tokens} token${this.tokens === 1 ? '' : 's'})`
  }
}
