/** An element of a document that was well-formed. */
export interface XmlNode {
  name: string
  attributes: Record<string, string>
  children: XmlNode[]
  text: string
}

const TOKEN = /<\?[^>]*\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([A-Za-z][\w.-]*)((?:\s+[\w.-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy
const ILLEGAL = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u

const unescape = (text: string): string => {
  if (/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-fA-F]+);)/.test(text)) throw new Error(`bare & in ${text.slice(0, 80)}`)
  return text
    .replace(/&#x([\da-fA-F]+);/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&amp;', '&')
}

/** A strict reader of the XML that reporters write: throws where an XML parser would. Tests only. */
export const parseXml = (xml: string): XmlNode => {
  if (ILLEGAL.test(xml)) throw new Error('a character that XML 1.0 does not allow')
  const root: XmlNode = { name: '#document', attributes: {}, children: [], text: '' }
  const open: XmlNode[] = [root]
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < xml.length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(xml)
    if (match === null) throw new Error(`not well-formed at ${xml.slice(at, at + 120)}`)
    const [, cdata, closing, name, attributes = '', selfClosing, text] = match
    const top = open.at(-1) ?? root
    if (cdata !== undefined) top.text += cdata
    else if (text !== undefined) {
      if (text.includes(']]>')) throw new Error(']]> outside CDATA')
      top.text += unescape(text)
    } else if (name !== undefined && closing === '/') {
      if (top.name !== name) throw new Error(`</${name}> closes <${top.name}>`)
      open.pop()
    } else if (name !== undefined) {
      const pairs = [...attributes.matchAll(/([\w.-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, unescape(value)] as const)
      const node: XmlNode = { name, attributes: Object.fromEntries(pairs), children: [], text: '' }
      top.children.push(node)
      if (selfClosing !== '/') open.push(node)
    }
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error('elements left open, or not one root')
  return root.children[0] ?? root
}

/** All elements of a name, in document order. */
export const all = (node: XmlNode, name: string): XmlNode[] => [...(node.name === name ? [node] : []), ...node.children.flatMap((child) => all(child, name))]
