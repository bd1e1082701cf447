// A worker of bee-queue: node worker.mjs CONCURRENCY
import { appendFileSync } from 'fs';
import Queue from 'bee-queue';

const tasks = {
  small(data) { return data.x; },
  mark() { appendFileSync(process.env.BENCH_FILE, '.'); },
  late(data) {
    const now = performance.timeOrigin + performance.now();
    appendFileSync(process.env.BENCH_FILE, `${((now - data.sent) * 1000).toFixed(1)}\n`);
  },
};

const queue = new Queue('bench', {
  redis: { host: '127.0.0.1', port: Number(process.env.BENCH_PORT) },
});
// bee-queue's jobs have no names. A no-op carries none, so that it is as small as it can be.
queue.process(Number(process.argv[2]), async (job) => tasks[job.data.task]?.(job.data));
