/**
 * The colours of every page this suite writes. Text colours reach 4.5:1 on each ground they stand on, cell and line colours
 * 3:1; a test computes it. Colour never stands alone: cells carry a sign, arrows a dash or a weight.
 */
export const light = {
  bg: '#fbfaf7', card: '#ffffff', lane: '#f4f2ec', ink: '#1d1f23', dim: '#5f646c', line: '#e3e0d8', wire: '#7a7f87',
  pass: '#2b7a4b', warn: '#8a5a0b', fail: '#b93426', unk: '#6b4bb3', skip: '#868b93', fault: '#a84f06', sign: '#ffffff', calm: '#626a77', shade: '#c9c4b7',
} as const

export const dark: Record<keyof typeof light, string> = {
  bg: '#15171a', card: '#1c1f23', lane: '#25292e', ink: '#e8e6e1', dim: '#a3a9b1', line: '#32373e', wire: '#858b94',
  pass: '#58b981', warn: '#e0a84a', fail: '#f2796c', unk: '#b09afb', skip: '#7d838c', fault: '#f0995a', sign: '#15171a', calm: '#8f96a1', shade: '#4b525c',
}

const variables = (palette: Record<string, string>): string =>
  Object.entries(palette).map(([name, value]) => `--${name}:${value}`).join(';')

/** The palette as custom properties, dark where the reader prefers it, light on paper. */
export const paletteCss = `:root{${variables(light)};color-scheme:light;--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media screen and (prefers-color-scheme:dark){:root{${variables(dark)};color-scheme:dark}}
`

const channel = (hex: string, at: number): number => {
  const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}
const luminance = (hex: string): number => 0.2126 * channel(hex, 1) + 0.7152 * channel(hex, 3) + 0.0722 * channel(hex, 5)

/** WCAG 2 contrast of two `#rrggbb` colours, from 1 to 21. */
export const contrast = (a: string, b: string): number => {
  const [hi = 0, lo = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x)
  return (hi + 0.05) / (lo + 0.05)
}
