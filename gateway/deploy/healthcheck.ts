/** For the image's HEALTHCHECK: exit 0 while the gateway in this container is ready, 1 otherwise. No shell and no curl needed. */
const port = process.env['PORT'] ?? '8080'
const ready = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(1_500) }).then((answer) => answer.ok, () => false)
process.exit(ready ? 0 : 1)
