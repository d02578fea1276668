// The peer: what the reference web dashboard does, without a browser. Four useSWR hooks, one
// EventSource whose events call mutate(), and a renderer that only counts. It prints one JSON line
// per step with monotonic microseconds, as `blotter --trace` does, so both are read by one reader.
//
//   node peer.js URL USER TOKEN
import { createElement, useEffect } from 'react';
import TestRenderer from 'react-test-renderer';
import useSWR, { mutate, SWRConfig } from 'swr';
import { EventSource } from 'eventsource';

const [url, user, token] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const who = `?userId=${encodeURIComponent(user)}`;
const panes = {
  orders: `/api/trading/orders/list${who}`,
  positions: `/api/trading/positions/list${who}`,
  account: `/api/trading/account${who}`,
  watchlists: '/api/watchlists',
};
const paneOf = (event) =>
  event.startsWith('order_') ? 'orders'
  : event.startsWith('position') ? 'positions'
  : event.startsWith('watchlist') ? 'watchlists'
  : event.startsWith('balance') || event.startsWith('margin') ? 'account'
  : null;

const step = (name, fields = {}) =>
  process.stdout.write(JSON.stringify({ t: Number(process.hrtime.bigint() / 1000n), step: name, ...fields }) + '\n');

let requests = 0;
const fetcher = async (path) => {
  requests++;
  const answer = await fetch(url + path, { headers });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const body = await answer.json();
  const pane = Object.keys(panes).find((name) => panes[name] === path);
  step('fetch_done', { pane, status: answer.status, id: Number(answer.headers.get('x-last-event-id')) || 0 });
  return body;
};

// Bits as blotter's trace has them: which pane a paint showed, which have been loaded.
const bit = Object.fromEntries(Object.keys(panes).map((name, i) => [name, 1 << i]));
let loaded = 0;
function Pane({ name }) {
  const { data } = useSWR(panes[name], fetcher, { revalidateOnFocus: false });
  useEffect(() => {
    if (data === undefined) return;
    loaded |= bit[name];
    step('paint', { pane: name, mask: bit[name], loaded });
  }, [data]);
  return null;
}

step('start');
TestRenderer.create(
  createElement(SWRConfig, { value: { dedupingInterval: 0 } },
    ...Object.keys(panes).map((name) => createElement(Pane, { key: name, name }))));

const stream = new EventSource(`${url}/api/realtime/stream${who}`, {
  fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
});
stream.onopen = () => step('stream_open');
stream.onerror = () => step('stream_lost');
stream.onmessage = (message) => {
  const { event } = JSON.parse(message.data);
  const pane = paneOf(event);
  step('event', { event, id: Number(message.lastEventId) || 0 });
  if (pane !== null) mutate(panes[pane]);
};

const end = () => {
  step('exit', { requests, rss_kib: Math.round(process.memoryUsage().rss / 1024) });
  process.exit(0);
};
process.on('SIGTERM', end);
process.on('SIGINT', end);
