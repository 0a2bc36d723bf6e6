import { END, IMPOSSIBLE, START, TRANSITIONS, WORDS } from './bigram.ts'
import { writeGguf, type GgufTensor, type GgufValue } from './gguf.ts'

/** The role marks that the prompt template writes; like every token that is not a word, they are followed by a sentence. */
export const ROLES = ['system', 'user', 'assistant', 'tool'] as const
const CONTROL = ['<|bos|>', '<|eos|>', ...ROLES.map((role) => `<|${role}|>`)]
const BYTES = 256
const BOS = BYTES + WORDS.length
const EOS = BOS + 1

const VOCABULARY = BYTES + WORDS.length + CONTROL.length
/** Every token has a dimension of its own; a multiple of heads times 2 × 32. */
const WIDTH = Math.ceil(VOCABULARY / 64) * 64
const HEADS = 4
const FEED_FORWARD = 64

/**
 * A llama that is a bigram model: one-hot embeddings, an attention and a feed-forward layer of zeros that add nothing, and
 * an output matrix of transition logits. The last norm scales a one-hot vector by √WIDTH, so the logits are divided by it.
 */
export function bigramGguf(): Buffer<ArrayBuffer> {
  const embedding = new Float32Array(VOCABULARY * WIDTH)
  for (let token = 0; token < VOCABULARY; token++) embedding[token * WIDTH + token] = 1
  const zeros = (name: string, inner: number, outer: number): GgufTensor => ({ name, shape: [inner, outer], data: new Float32Array(inner * outer) })
  const ones = (name: string): GgufTensor => ({ name, shape: [WIDTH], data: new Float32Array(WIDTH).fill(1) })
  return writeGguf({
    metadata: metadata(),
    tensors: [
      { name: 'token_embd.weight', shape: [WIDTH, VOCABULARY], data: embedding },
      { name: 'output.weight', shape: [WIDTH, VOCABULARY], data: outputMatrix() },
      ones('output_norm.weight'),
      ones('blk.0.attn_norm.weight'),
      ones('blk.0.ffn_norm.weight'),
      ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].map((part) => zeros(`blk.0.${part}.weight`, WIDTH, WIDTH)),
      ...['ffn_gate', 'ffn_up'].map((part) => zeros(`blk.0.${part}.weight`, WIDTH, FEED_FORWARD)),
      zeros('blk.0.ffn_down.weight', FEED_FORWARD, WIDTH),
    ],
  })
}

function outputMatrix(): Float32Array {
  const scale = Math.sqrt(WIDTH)
  const matrix = new Float32Array(VOCABULARY * WIDTH).fill(IMPOSSIBLE / scale)
  for (let token = 0; token < VOCABULARY; token++) {
    const word = token - BYTES
    const row = TRANSITIONS[word >= 0 && word < WORDS.length ? word : START] ?? []
    for (const { next, logit } of row) matrix[(next === END ? EOS : BYTES + next) * WIDTH + token] = logit / scale
  }
  return matrix
}

function metadata(): Array<[string, GgufValue]> {
  const uint32 = (value: number): GgufValue => ({ type: 'uint32', value })
  const string = (value: string): GgufValue => ({ type: 'string', value })
  const tokens = [...Array(BYTES).keys()].map((byte) => gpt2Text(Buffer.from([byte])))
  tokens.push(...WORDS.map((word) => gpt2Text(Buffer.from(` ${word}`))), ...CONTROL)
  return [
    ['general.architecture', string('llama')],
    ['general.name', string('gauntlet bigram')],
    ['general.file_type', uint32(0)],
    ['llama.context_length', uint32(8192)],
    ['llama.embedding_length', uint32(WIDTH)],
    ['llama.block_count', uint32(1)],
    ['llama.feed_forward_length', uint32(FEED_FORWARD)],
    ['llama.attention.head_count', uint32(HEADS)],
    ['llama.attention.head_count_kv', uint32(HEADS)],
    ['llama.attention.layer_norm_rms_epsilon', { type: 'float32', value: 1e-6 }],
    ['llama.rope.dimension_count', uint32(WIDTH / HEADS)],
    ['llama.vocab_size', uint32(VOCABULARY)],
    ['tokenizer.ggml.model', string('gpt2')],
    ['tokenizer.ggml.pre', string('gpt-2')],
    ['tokenizer.ggml.tokens', { type: 'string[]', value: tokens }],
    ['tokenizer.ggml.token_type', { type: 'int32[]', value: tokens.map((_, token) => (token >= BOS ? 3 : 1)) }],
    // One is demanded. It is never used: words in a prompt stay bytes, and only the last token counts.
    ['tokenizer.ggml.merges', { type: 'string[]', value: ['t h'] }],
    ['tokenizer.ggml.bos_token_id', uint32(BOS)],
    ['tokenizer.ggml.eos_token_id', uint32(EOS)],
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: false }],
  ]
}

/** GPT-2 writes each byte as a printable character: itself, or one from U+0100 on for those that do not print. */
function gpt2Text(bytes: Buffer): string {
  return [...bytes].map((byte) => GPT2_CHARACTERS[byte]).join('')
}

const GPT2_CHARACTERS = (() => {
  let spare = 0x100
  const prints = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
  return [...Array(BYTES).keys()].map((byte) => String.fromCodePoint(prints(byte) ? byte : spare++))
})()
