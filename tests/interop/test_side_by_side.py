"""Python workers and rqpp workers on one Redis, and on one queue."""

import signal
import unittest

from rq import Queue, SimpleWorker, Worker

from support import InteropTest, wait_for


class SideBySide(InteropTest):
    def queue_named(self, name):
        return Queue(name, connection=self.redis)

    def end_of(self, jobs):
        wait_for(lambda: all(job.get_status() in ('finished', 'failed') for job in jobs),
                 'the end of all jobs')

    def test_both_are_among_all_workers(self):
        self.start_worker('--name', 'native', 'q')
        self.start_python_worker('--name', 'python', 'q')

        workers = {worker.name: worker for worker in Worker.all(connection=self.redis)}

        self.assertEqual(set(workers), {'native', 'python'})
        self.assertEqual(Worker.count(queue=self.queue), 2)
        self.assertEqual({worker.queue_names()[0] for worker in workers.values()}, {'q'})

    def test_each_runs_its_own_queue(self):
        self.start_worker('--name', 'native', 'cpp')
        self.start_python_worker('--name', 'python', 'py')
        cpp, py = self.queue_named('cpp'), self.queue_named('py')

        jobs = [queue.enqueue(task, *args) for _ in range(5)
                for queue, task, args in ((cpp, 'fib.slow_fib', (10,)), (py, 'twin.add', (1, 2)))]
        self.end_of(jobs)

        self.assertEqual([job.return_value() for job in jobs], [89, 3] * 5)
        for queue, name in ((cpp, 'native'), (py, 'python')):
            names = {self.fetch(i).worker_name for i in queue.finished_job_registry.get_job_ids()}
            self.assertEqual(names, {name})

    def test_both_share_a_queue(self):
        """Each job runs exactly once, wherever; the tasks exist on both sides."""
        held, folders = zip(*[self.hold_job() for _ in range(2)])
        self.start_worker('--name', 'native', 'q')
        self.wait_until_running(folders[0])
        self.start_python_worker('--name', 'python', 'q')
        self.wait_until_running(folders[1])
        self.assertEqual(self.queue.started_job_registry.count, 2)
        jobs = [self.queue.enqueue('twin.add', n, 1) for n in range(100)]

        for folder in folders:
            self.release(folder)
        self.end_of([*held, *jobs])

        self.assertEqual([job.return_value() for job in jobs], list(range(1, 101)))
        self.assertEqual([len(job.results()) for job in jobs], [1] * 100)
        self.assertEqual(self.queue.started_job_registry.count, 0)
        self.assertEqual(self.queue.finished_job_registry.count, 102)
        workers = {self.fetch(job.id).worker_name for job in held}
        self.assertEqual(workers, {'native', 'python'})

    def test_pythons_maintenance_leaves_our_running_job_alone(self):
        job, folder = self.hold_job()
        worker = self.start_worker('--name', 'native', 'q')
        self.wait_until_running(folder)
        python = SimpleWorker([self.queue], name='python', connection=self.redis)

        python.run_maintenance_tasks()
        python.clean_registries()

        self.assertEqual(job.get_status(), 'started')
        self.assertEqual(self.redis.zcard('rq:wip:q'), 1)
        self.release(folder)
        self.end_of([job])
        self.assertEqual(job.return_value(), 'released')
        self.assertEqual(Worker.count(connection=self.redis), 1)
        self.assertIsNone(worker.process.poll())

    def test_a_python_worker_works_on_while_ours_dies(self):
        job, folder = self.hold_job()
        worker = self.start_worker('--name', 'native', 'q')
        self.wait_until_running(folder)
        worker.signal(signal.SIGKILL)
        worker.wait()

        other = self.queue.enqueue('twin.add', 1)
        self.python_work()

        self.assertEqual(other.return_value(), 1)
        self.assertEqual(job.get_status(), 'started')  # until its lease has passed


if __name__ == '__main__':
    unittest.main()
