// The tab: four useSWR hooks in four tables, one EventSource whose events call mutate(), as the
// reference's web dashboard has it. Steps go to tab.js, in packets, with the server's clock.
import { createElement as h, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import useSWR, { mutate, SWRConfig } from 'swr';

const user = new URLSearchParams(location.search).get('user');
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

// What tab.js's clock says when performance.now() is 0: of several tries the quickest.
let ahead;
const setClock = async () => {
  let best = Infinity;
  for (let i = 0; i < 5; i++) {
    const sent = performance.now();
    const told = Number(await (await fetch('/clock', { cache: 'no-store' })).text());
    const took = performance.now() - sent;
    if (took < best) {
      best = took;
      ahead = told - (sent + took / 2) * 1000;
    }
  }
};

let waiting = [];
const step = (name, fields = {}) => {
  if (waiting.push({ t: performance.now() * 1000, step: name, ...fields }) === 1) setTimeout(send, 20);
};
const send = () => {
  if (ahead === undefined) { setTimeout(send, 20); return; }
  const lines = waiting.map((at) => JSON.stringify({ ...at, t: Math.round(at.t + ahead) }));
  waiting = [];
  fetch('/step', { method: 'POST', body: lines.join('\n') + '\n' });
};

const fetcher = async (path) => {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const body = await answer.json();
  const pane = Object.keys(panes).find((name) => panes[name] === path);
  step('fetch_done', { pane, status: answer.status, id: Number(answer.headers.get('x-last-event-id')) || 0 });
  return body;
};

const rowsOf = {
  orders: (body) => body.orders,
  positions: (body) => body.positions,
  account: (body) => [body.account],
  watchlists: (body) => body.watchlists.flatMap((list) => list.items),
};
const bit = Object.fromEntries(Object.keys(panes).map((name, i) => [name, 1 << i]));
let loaded = 0;
function Pane({ name }) {
  const { data } = useSWR(panes[name], fetcher, { revalidateOnFocus: false });
  useEffect(() => { // committed: the browser has yet to draw it
    if (data === undefined) return;
    loaded |= bit[name];
    step('paint', { pane: name, mask: bit[name], loaded });
  }, [data]);
  if (data === undefined) return null;
  const rows = rowsOf[name](data);
  return h('table', null, h('tbody', null, rows.map((row, i) =>
    h('tr', { key: row?.id ?? i },
      ['symbol', 'quantity', 'price', 'averagePrice', 'status', 'unrealizedPnL', 'ltp', 'balance']
        .map((member) => h('td', { key: member }, String(row?.[member] ?? '')))))));
}

step('start');
setClock();
createRoot(document.getElementById('root')).render(
  h(SWRConfig, { value: { dedupingInterval: 0 } },
    Object.keys(panes).map((name) => h(Pane, { key: name, name }))));

const stream = new EventSource(`/api/realtime/stream${who}`);
stream.onopen = () => step('stream_open');
stream.onerror = () => step('stream_lost');
stream.onmessage = (message) => {
  const { event } = JSON.parse(message.data);
  const pane = paneOf(event);
  step('event', { event, id: Number(message.lastEventId) || 0 });
  if (pane !== null) mutate(panes[pane]);
};
