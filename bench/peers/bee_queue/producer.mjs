// A producer of bee-queue: node producer.mjs TASK one|bulk|paced COUNT [GAP_MICROSECONDS]
import Queue from 'bee-queue';
import { setTimeout as sleep } from 'timers/promises';

const [task, mode, count, gap] = process.argv.slice(2).map((word) => (/^\d/.test(word) ? Number(word) : word));
const queue = new Queue('bench', {
  redis: { host: '127.0.0.1', port: Number(process.env.BENCH_PORT) },
  isWorker: false,
});
await queue.ready();
const data = { noop: {}, small: { task, x: 20 }, mark: { task } }[task];

const begin = performance.now();
if (mode === 'one') {
  for (let i = 0; i < count; i += 1) await queue.createJob(data).save();
} else if (mode === 'bulk') {
  for (let i = 0; i < count; i += 1000) {
    const length = Math.min(1000, count - i);
    const errors = await queue.saveAll(Array.from({ length }, () => queue.createJob(data)));
    if (errors.size > 0) throw errors.values().next().value;
  }
} else {
  for (let i = 0; i < count; i += 1) {
    await sleep(gap / 1000);
    const sent = performance.timeOrigin + performance.now();
    await queue.createJob({ task, sent }).save();
  }
}
const seconds = (performance.now() - begin) / 1000;
console.log(JSON.stringify({ n: count, seconds }));
process.exit(0);
