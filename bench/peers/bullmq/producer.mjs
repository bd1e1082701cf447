// A producer of BullMQ: node producer.mjs TASK one|bulk|paced COUNT [GAP_MICROSECONDS]
import { Queue } from 'bullmq';
import { setTimeout as sleep } from 'timers/promises';

const [task, mode, count, gap] = process.argv.slice(2).map((word) => (/^\d/.test(word) ? Number(word) : word));
const queue = new Queue('bench', {
  connection: { host: '127.0.0.1', port: Number(process.env.BENCH_PORT) },
});
await queue.waitUntilReady();
const data = task === 'small' ? { x: 20 } : {};

const begin = performance.now();
if (mode === 'one') {
  for (let i = 0; i < count; i += 1) await queue.add(task, data);
} else if (mode === 'bulk') {
  for (let i = 0; i < count; i += 1000) {
    const length = Math.min(1000, count - i);
    await queue.addBulk(Array.from({ length }, () => ({ name: task, data })));
  }
} else {
  for (let i = 0; i < count; i += 1) {
    await sleep(gap / 1000);
    await queue.add(task, { sent: performance.timeOrigin + performance.now() });
  }
}
const seconds = (performance.now() - begin) / 1000;
console.log(JSON.stringify({ n: count, seconds }));
await queue.close();
process.exit(0);
