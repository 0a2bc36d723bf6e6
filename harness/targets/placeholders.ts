/** Values for the placeholders of a launch definition. */
export interface Placeholders {
  port: number
  host: string
  'upstream.primary': string
  'upstream.secondary': string
  redis: string
  'key.caller': string
  'key.limited': string
  'key.upstream': string
  dir: string
}

/** Replaces `{name}` for the known names only, so that JSON and shell braces in a template stay as they are. */
export const fill = (template: string, values: Placeholders): string =>
  template.replace(/\{(port|host|redis|dir|upstream\.(?:primary|secondary)|key\.(?:caller|limited|upstream))\}/g, (_, name: keyof Placeholders) => String(values[name]))
