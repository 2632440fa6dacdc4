// The ceiling: what Fastify makes of a route that parses the same body and answers a constant. constant.mjs ANSWER
import Fastify from 'fastify';

const answer = JSON.parse(process.argv[2]);
const app = Fastify();
app.post('/predict', async () => answer);
console.log(await app.listen({ port: 0, host: '127.0.0.1' }));
process.once('SIGTERM', () => app.close());
