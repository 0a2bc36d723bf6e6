import type { Config } from '../config.ts'

// The GenAI names have moved out of @opentelemetry/semantic-conventions to a repository without a package, so they are written out.

/** `gen_ai.operation.name` of a route of ours or a path of an upstream's. */
export function operationOf(path: string): 'chat' | 'embeddings' {
  return path.endsWith('/embeddings') ? 'embeddings' : 'chat'
}

/** `gen_ai.provider.name`; the conventions want `openai` for whatever speaks its dialect without saying more. */
export function providerOf(engine: Config['upstreams'][string]['engine'] | undefined): string {
  return engine === undefined || engine === 'openai-compatible' ? 'openai' : engine
}
