import { fastify } from 'fastify'
import { Pool } from 'undici'
import { answerParent } from './parent.ts'

/** What the gateway is measured against: Fastify and undici passing a request through, and nothing else. */
const upstream = new Pool(process.argv[2] ?? '', { pipelining: 1 })
const app = fastify({ bodyLimit: 1_048_576 })
app.removeAllContentTypeParsers()
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.post('/v1/chat/completions', async (request, reply) => {
  const answer = await upstream.request({
    method: 'POST', path: '/v1/chat/completions', body: request.body as Buffer,
    headers: { 'content-type': 'application/json', 'user-agent': request.headers['user-agent'] ?? '' },
  })
  return reply.code(answer.statusCode).type(String(answer.headers['content-type'])).send(answer.body)
})
answerParent(Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port))
