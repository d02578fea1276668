// The SSE parser of the peer alone, from bytes: prints MB/s (10^6 bytes).
//
//   node parse.js MEGABYTES EVENT-BYTES
import { createParser } from 'eventsource-parser';

const [megabytes, eventBytes] = process.argv.slice(2).map(Number);
const text = 'data: '.padEnd(eventBytes - 2, 'x') + '\n\n';
const chunk = new TextEncoder().encode(text.repeat(Math.ceil(65536 / text.length)));
const rounds = Math.ceil((megabytes * 1e6) / chunk.length);

let events = 0;
const parser = createParser({ onEvent: () => { events++; } });
const decoder = new TextDecoder();
const run = (times) => {
  for (let i = 0; i < times; i++) parser.feed(decoder.decode(chunk, { stream: true }));
};
run(Math.ceil(rounds / 10)); // warm
const start = process.hrtime.bigint();
run(rounds);
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
process.stdout.write(`${((rounds * chunk.length) / 1e6 / seconds).toFixed(1)}\n`);
