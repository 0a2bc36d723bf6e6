import { createHash } from 'node:crypto'
import { bigramGguf } from './bigram-gguf.ts'

/** Everything `POST /api/create` needs; what a Modelfile would hold. */
export interface OllamaModel {
  /** Holds the hash, so that a model made by another version of this file is not taken for this one. */
  name: string
  file: { name: string; bytes: Buffer<ArrayBuffer>; digest: string }
  template: string
  parameters: Readonly<Record<string, number>>
}

const TEMPLATE = '{{ range .Messages }}<|{{ .Role }}|>{{ .Content }}{{ end }}<|assistant|>'
const PARAMETERS = {
  // Ollama's default of 1.1 lowers a successor that was said before, and greedy decoding would leave the bigram table.
  repeat_penalty: 1,
  temperature: 1,
  top_k: 0,
  top_p: 1,
  num_ctx: 4096,
}

let model: OllamaModel | undefined

/** The bigram model, about 4 MB, built once per process in a few milliseconds. */
export function bigramModel(): OllamaModel {
  if (!model) {
    const bytes = bigramGguf()
    const hash = createHash('sha256').update(bytes).digest('hex')
    const whole = createHash('sha256').update(hash).update(JSON.stringify([TEMPLATE, PARAMETERS])).digest('hex')
    model = { name: `gauntlet-bigram-${whole.slice(0, 12)}:latest`, file: { name: 'bigram.gguf', bytes, digest: `sha256:${hash}` }, template: TEMPLATE, parameters: PARAMETERS }
  }
  return model
}
