// What `blotter --watch` does, on eventsource: reads, parses each payload, counts; prints nothing
// but events per second, from the first event to the last.
//
//   node watch.js URL COUNT
import { EventSource } from 'eventsource';

const [url, count] = process.argv.slice(2);
const wanted = Number(count);
let events = 0;
let start;
const stream = new EventSource(url);
stream.onmessage = (message) => {
  start ??= process.hrtime.bigint();
  if (typeof JSON.parse(message.data).event !== 'string') process.exit(1);
  if (++events < wanted) return;
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  process.stdout.write(`${(events / seconds).toFixed(0)}\n`, () => process.exit(0));
};
