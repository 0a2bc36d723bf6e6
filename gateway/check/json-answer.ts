import { isUtf8 } from 'node:buffer'
import type { JsonAnswer } from '../call/attempt.ts'
import { UpstreamError } from '../errors.ts'
import type { Scrub } from './scrub.ts'
import { embeddedError, isObject } from './upstream-error.ts'

/** Checks that the body of a 200 is the answer it claims to be, and returns it as text and parsed. */
export function checkAnswer(bytes: Buffer, list: 'choices' | 'data', scrub: Scrub): JsonAnswer {
  const answer = parseAnswer(bytes)
  const { json } = answer
  if (json['error'] !== undefined && json['error'] !== null) throw embeddedError(json['error'], scrub)
  const items = json[list]
  // `200 {}` passes every check that only looks for an error.
  if (!Array.isArray(items) || items.length === 0 || !items.every(isObject)) throw badAnswer(`The upstream answer has no \`${list}\`.`)
  return answer
}

/** The body of a 200 as the JSON object it has to be, whatever is in it. */
export function parseAnswer(bytes: Buffer): JsonAnswer {
  const text = isUtf8(bytes) ? bytes.toString('utf8') : ''
  const json = parseJson(text)
  if (!isObject(json)) throw badAnswer('The upstream answer is not a JSON object.')
  return { text, json }
}

/** The failure of a 200 that should have been a stream: often an error object in plain JSON, whose text is worth keeping. */
export function notAStream(bytes: Buffer, scrub: Scrub): UpstreamError {
  const json = parseJson(bytes.toString('utf8'))
  const error = isObject(json) ? json['error'] : undefined
  return error === undefined || error === null ? badAnswer('The upstream did not answer with an event stream.') : embeddedError(error, scrub)
}

/** A failure of the upstream to send what was asked for. */
export function badAnswer(message: string): UpstreamError {
  return new UpstreamError('bad-answer', 'GW_ERR_UPSTREAM_BAD_ANSWER', { message })
}

/** The value of a JSON text, or undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
