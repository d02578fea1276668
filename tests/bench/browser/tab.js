// The peer of --browser: the page in a headless Chromium. Serves the page, hands its requests on to
// the server with the token (EventSource cannot send one), and prints the page's steps, one JSON
// line each, as peer.js does.
//
//   node tab.js URL USER TOKEN
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [url, user, token] = process.argv.slice(2);
const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const files = { '/': ['page.html', 'text/html'], '/page.bundle.js': ['page.bundle.js', 'text/javascript'] };
const agent = new http.Agent({ keepAlive: true });

const handOn = (request, answer) => {
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  delete headers.host;
  const asked = http.request(url + request.url, { method: request.method, headers, agent }, (got) => {
    answer.writeHead(got.statusCode, got.headers);
    got.pipe(answer);
  });
  asked.on('error', () => answer.destroy());
  answer.on('close', () => asked.destroy());
  request.pipe(asked);
};

const server = http.createServer((request, answer) => {
  const path = request.url.split('?')[0];
  if (path.startsWith('/api/')) return handOn(request, answer);
  if (path === '/clock') return answer.end(String(process.hrtime.bigint() / 1000n));
  if (path === '/step') {
    request.on('data', (bytes) => process.stdout.write(bytes));
    request.on('end', () => answer.end());
    return undefined;
  }
  const file = files[path];
  if (file === undefined) return answer.writeHead(404).end();
  answer.setHeader('Content-Type', file[1]);
  return answer.end(readFileSync(join(here, file[0])));
});

const profile = mkdtempSync(join(tmpdir(), 'blotter-tab-'));
let browser;
const tidy = () => {
  try {
    rmSync(profile, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
  } catch { /* a process of the browser still wrote there */ }
  process.exit(0);
};
// The whole group: the browser is many processes, and on Debian a script before them.
const end = () => {
  if (browser === undefined || browser.exitCode !== null || browser.signalCode !== null) return tidy();
  browser.removeListener('exit', tidy);
  browser.once('exit', () => setTimeout(tidy, 100));
  return process.kill(-browser.pid, 'SIGKILL');
};
process.on('SIGTERM', end);
process.on('SIGINT', end);

server.listen(0, '127.0.0.1', () => {
  const page = `http://127.0.0.1:${server.address().port}/?user=${encodeURIComponent(user)}`;
  browser = spawn(process.env.CHROMIUM ?? 'chromium', [
    '--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-extensions',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--disable-dev-shm-usage', '--remote-debugging-port=0', `--user-data-dir=${profile}`, page,
  ], { stdio: 'ignore', detached: true });
  browser.once('exit', tidy);
});
