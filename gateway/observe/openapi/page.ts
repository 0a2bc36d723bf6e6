import { hash } from 'node:crypto'

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 0 auto; max-width: 60rem; padding: 1rem }
h2 { margin-top: 2.5rem }
details { border: 1px solid #8886; border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem }
summary { cursor: pointer }
summary b { display: inline-block; min-width: 4.5rem }
pre { background: #8882; border-radius: 6px; overflow: auto; padding: .6rem; max-height: 30rem }
table { border-collapse: collapse; width: 100% } td { border-top: 1px solid #8884; padding: .3rem .6rem .3rem 0; vertical-align: top }
`

// Runs in the browser. Everything goes into the page as text, never as HTML.
const script = `
const make = (tag, text, ...children) => { const one = document.createElement(tag); if (text) one.textContent = text; one.append(...children); return one }
const prose = (tag, text) => make(tag, '', ...(text ?? '').split('\`').map((part, n) => n % 2 ? make('code', part) : part))
const code = (value) => make('pre', typeof value === 'string' ? value : JSON.stringify(value, null, 2))
const fold = (title, ...children) => make('details', '', make('summary', title), ...children)
const curl = (method, path, { requestBody, security }) => {
  const examples = Object.values(requestBody?.content['application/json'].examples ?? {})
  return ['curl -X ' + method.toUpperCase() + ' ' + location.origin + path, ...(security ? [] : ["-H 'Authorization: Bearer KEY'"]),
    ...(examples.length ? ["-H 'Content-Type: application/json'", "-d '" + JSON.stringify(examples[0].value).replaceAll("'", "'\\\\''") + "'"] : [])].join(' \\\\\\n  ')
}
const operation = (method, path, it) => {
  const head = make('summary', '', make('b', method.toUpperCase()), make('code', path), ' ' + (it.summary ?? ''))
  const answers = Object.entries(it.responses).map(([status, { description, content }]) => make('tr', '', make('td', status),
    prose('td', description), make('td', '', ...Object.entries(content ?? {}).map(([type, { schema, example }]) => fold(type, code(schema), ...(example ? [make('p', 'Example'), code(example)] : []))))))
  const body = Object.entries(it.requestBody?.content ?? {}).flatMap(([type, { schema, examples }]) => [make('h4', 'Body'), fold(type, code(schema)),
    ...Object.entries(examples ?? {}).map(([name, { value }]) => fold('Example: ' + name, code(value)))])
  const parameters = (it.parameters ?? []).map(({ name, description }) => prose('p', '\`' + name + '\` ' + description))
  return make('details', '', head, prose('p', it.description), ...parameters, ...body, make('h4', 'Answers'), make('table', '', ...answers), make('h4', 'Try it'), code(curl(method, path, it)))
}
fetch('openapi.json').then((reply) => reply.json()).then((it) => {
  const all = Object.entries(it.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => [method, path, one]))
  document.body.replaceChildren(make('h1', it.info.title), prose('p', it.info.description), make('p', '', Object.assign(make('a', 'openapi.json'), { href: 'openapi.json' })),
    ...it.tags.flatMap(({ name }) => {
      const mine = all.filter(([, , { tags }]) => tags?.includes(name))
      return mine.length ? [make('h2', name), ...mine.map((one) => operation(...one))] : []
    }),
    make('h2', 'Schemas'), ...Object.entries(it.components.schemas).map(([name, schema]) => fold(name, code(schema))))
}, (error) => { document.body.textContent = 'openapi.json cannot be read: ' + error })
`

const source = (text: string): string => `'sha256-${hash('sha256', text, 'base64')}'`

/** A page that shows `openapi.json`, and the policy that lets it do nothing else. */
export function docsPage(): { readonly html: string; readonly policy: string } {
  return {
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Gateway</title><link rel="icon" href="data:,"><style>${style}</style></head><body><script type="module">${script}</script></body></html>`,
    policy: `default-src 'none'; script-src ${source(script)}; style-src ${source(style)}; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }
}
