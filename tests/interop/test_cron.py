"""What `rqpp cron` shows to RQ, and what it enqueues for Python."""

import datetime
import signal
import unittest

from support import RQ, InteropTest, wait_for

if RQ >= (2, 6):
    from rq.cron import CronScheduler

FILE = """
timezone = Europe/Berlin

[add up]
run = twin.add :2 b:=3
cron = 30 2 * * mon-fri
webhook = POST failed https://example.com/alarm
queue = other
timeout = 30s

[often]
run = twin.add :40 :2
every = 1h
queue = q
"""


class Cron(InteropTest):

    def start_cron(self):
        path = self.temporary_folder() / 'jobs.cron'
        path.write_text(FILE)
        process = self.start(self.rqpp_command('cron', path))
        wait_for(lambda: 'leads' in process.log, 'the lead')
        wait_for(lambda: self.redis.llen('rq:queue:q') == 1, 'the first run')
        return process, path

    def test_python_runs_what_is_enqueued(self):
        self.start_cron()

        job_id = self.queue.job_ids[0]
        self.python_work()

        job = self.fetch(job_id)
        self.assertEqual(job.get_status(), 'finished')
        self.assertEqual(job.description, 'twin.add(40, 2)')

    @unittest.skipIf(RQ < (2, 6), 'older versions show no cron schedulers')
    def test_rq_sees_it(self):
        process, path = self.start_cron()
        key = self.redis.keys('rq:cron_scheduler:*')[0]
        wait_for(lambda: b'"latest_enqueue_time": "' in self.redis.hget(key, 'cron_jobs'),
                 'the note of the first run')

        scheduler, = CronScheduler.all(connection=self.redis)

        self.assertEqual(scheduler.pid, process.pid)
        self.assertEqual(scheduler.config_file, str(path))
        self.assertIsNotNone(scheduler.last_heartbeat)
        if RQ >= (2, 7):
            add, often = scheduler.get_jobs()
            self.assertEqual(add.func_name, 'twin.add')
            self.assertEqual(add.queue_name, 'other')
            self.assertEqual(add.cron, '30 2 * * mon-fri')
            self.assertEqual((add.args, add.kwargs), ((2,), {'b': 3}))
            self.assertEqual(often.interval, 3600)
            self.assertEqual(often.next_enqueue_time,
                             often.latest_enqueue_time + datetime.timedelta(hours=1))
            self.assertEqual(add.job_options['job_timeout'], 30)
        if RQ >= (3, 0):
            webhook, = add.job_options['webhooks']
            self.assertEqual((webhook.url, webhook.method), ('https://example.com/alarm', 'POST'))
        if RQ >= (2, 11):
            self.assertEqual(add.name, 'add up')
            self.assertEqual(often.get_job_ids(self.redis), self.queue.job_ids)

        process.signal(signal.SIGTERM)
        self.assertEqual(process.wait(), 0)
        self.assertEqual(CronScheduler.all(connection=self.redis), [])


if __name__ == '__main__':
    unittest.main()
