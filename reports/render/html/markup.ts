/** HTML that is safe to put into a page: everything that comes from a run is escaped unless it was made here. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  toString(): string {
    return this.text
  }
}

type Part = Markup | string | number | false | null | undefined | Part[]

/**
 * A template whose values are escaped; markup stays, lists are joined, and nothing comes of false, null and undefined.
 */
export function html(literals: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(literals.reduce((text, literal, index) => text + render(parts[index - 1]) + literal))
}

/** A part of the page that the list of contents leads to. */
export class Section extends Markup {
  readonly id: string
  readonly title: string
  constructor(id: string, title: string, body: Markup) {
    super(
      html`<section id="${id}"><h2><a href="#${id}">${title}</a></h2>
${body}</section>`.text,
    )
    this.id = id
    this.title = title
  }
}

export const section = (id: string, title: string, body: Markup): Section => new Section(id, title, body)

/** A page of the suite's docs, seen from the folder of a run. */
export const docs = (page: string): Markup => html`<a href="../../docs/${page}">docs/${page.replace(/#.*/, '')}</a>`

/** A scenario's id as code that breaks behind its dots and slashes. */
export function idCode(id: string): Markup {
  return html`<code>${id.split(/(?<=[./])/).map((part, index) => (index === 0 ? part : html`<wbr>${part}`))}</code>`
}

function render(part: Part): string {
  if (part === false || part === null || part === undefined) return ''
  if (Array.isArray(part)) return part.map(render).join('')
  return part instanceof Markup ? part.text : escapeHtml(String(part))
}

/** Text as HTML and as the value of an attribute. Control characters, such as a terminal's colours, are left out. */
function escapeHtml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/g, '')
    .replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
