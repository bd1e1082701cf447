// A worker of BullMQ: node worker.mjs CONCURRENCY
import { appendFileSync } from 'fs';
import { Worker } from 'bullmq';

const tasks = {
  noop() {},
  small(data) { return data.x; },
  mark() { appendFileSync(process.env.BENCH_FILE, '.'); },
  late(data) {
    const now = performance.timeOrigin + performance.now();
    appendFileSync(process.env.BENCH_FILE, `${((now - data.sent) * 1000).toFixed(1)}\n`);
  },
};

new Worker('bench', async (job) => tasks[job.name](job.data), {
  connection: { host: '127.0.0.1', port: Number(process.env.BENCH_PORT) },
  concurrency: Number(process.argv[2]),
});
