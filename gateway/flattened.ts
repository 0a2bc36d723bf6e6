const anything = /^/

/**
 * The same text, in one piece. V8 keeps a text that was put together by `+` as the tree of its pieces until somebody looks into it, and each
 * collection copies all of them for as long as the text lasts. A search looks into it, and is not left out by the compiler as `charCodeAt` would be.
 */
export function flattened(text: string): string {
  anything.test(text)
  return text
}
