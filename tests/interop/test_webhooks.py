"""Webhooks, sent by a stock RQ worker and by one of rqpp to the same server: it must see the same."""

import json
import ssl
import subprocess
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rq import Retry
from rq.command import send_stop_job_command

from support import RQ, RQPP, InteropTest, wait_for

try:
    from rq import Webhook
except ImportError:
    Webhook = None  # before RQ 2.10


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        word, _, rest = self.path[1:].partition('/')
        if word == 'hangs':
            self.server.over.wait(60)
        if word == 'redirects':  # /redirects/<status>/<where to>
            status, _, where = rest.partition('/')
            self.send_response(int(status))
            self.send_header('Location', where if where.startswith('http:') else '/' + where)
        else:
            self.send_response(int(rest) if word == 'says' else 200)
        if word == 'drips':  # the answer begins, and never ends
            self.send_header('Content-Length', '1000')
            self.end_headers()
            self.wfile.write(b'x')
            self.server.over.wait(60)
        else:
            self.send_header('Content-Length', '0')
            self.end_headers()

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, certificate=None):
        super().__init__(('127.0.0.1', 0), Handler)
        self.seen = []
        self.over = threading.Event()
        self.scheme = 'https' if certificate else 'http'
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """A client that does not trust this server hangs up."""

    def url(self, path):
        return f'{self.scheme}://127.0.0.1:{self.server_address[1]}/{path}'

    def stop(self):
        self.over.set()
        self.shutdown()
        self.server_close()

    def take(self):
        seen, self.seen[:] = list(self.seen), []
        return seen


# Who says it, and what HTTP libraries add for themselves.
OWN_HEADERS = {'user-agent', 'connection', 'accept', 'accept-encoding'}


class WebhookTest(InteropTest):
    def setUp(self):
        super().setUp()
        self.web = Server()
        self.addCleanup(self.web.stop)

    def workers(self):
        """Each kind of worker, on an empty database."""
        for name, work in (('rq', self.python_work), ('rqpp', self.work)):
            with self.subTest(name):
                self.redis.flushall()
                yield work

    def expected_body(self, job, **more):
        job = self.fetch(job.id)
        return json.dumps({'job_id': job.id, 'func_name': job.func_name, 'status': job.get_status(),
                           'enqueued_at': job.enqueued_at.isoformat(),
                           'ended_at': job.ended_at.isoformat(), **more}).encode()

    def assert_said_the_same(self, requests):
        """Headers too, but for those that name the sender."""
        theirs, ours = (
            [(method, path, {name.lower(): value for name, value in headers.items()
                             if name.lower() not in OWN_HEADERS})
             for method, path, headers, _ in some] for some in requests)
        self.assertEqual(theirs, ours)


@unittest.skipIf(Webhook is None, 'RQ before 2.10 has no webhooks')
class PythonEnqueues(WebhookTest):
    def test_a_get_of_success(self):
        requests = []
        for work in self.workers():
            self.queue.enqueue('twin.add', 2, 3, webhooks=[
                Webhook(self.web.url('done?x=1'), 'finished', headers={'X-Key': 'abc', 'X-N': 7}),
                Webhook(self.web.url('alarm'), 'failed')])
            work()
            requests.append(self.web.take())
            self.assertEqual([(method, path, body) for method, path, _, body in requests[-1]],
                             [('GET', '/done?x=1', b'')])
        self.assert_said_the_same(requests)

    def test_a_post_of_success(self):
        requests = []
        for work in self.workers():
            job = self.queue.enqueue('twin.add', 2, 3, job_id='j', webhooks=[
                Webhook(self.web.url('done'), 'finished', method='POST')])
            work()
            requests.append(self.web.take())
            (_, _, _, body), = requests[-1]
            self.assertEqual(body, self.expected_body(job))
        self.assert_said_the_same(requests)

    def test_a_post_of_failure(self):
        for work in self.workers():
            job = self.queue.enqueue('twin.fail', 'grün', webhooks=[
                Webhook(self.web.url('alarm'), 'failed', method='POST'),
                Webhook(self.web.url('done'), 'finished', method='POST')])
            work()
            (method, path, _, body), = self.web.take()
            self.assertEqual((method, path), ('POST', '/alarm'))
            self.assertEqual(body, self.expected_body(job, exc_info=job.latest_result().exc_string))

    def test_of_a_crash(self):
        for work in self.workers():
            job = self.queue.enqueue('twin.crash', webhooks=[
                Webhook(self.web.url('alarm'), 'failed', method='POST')])
            work()
            (_, _, _, body), = self.web.take()
            self.assertEqual(body, self.expected_body(job, exc_info=job.latest_result().exc_string))

    @unittest.skipIf(RQ < (3,), 'RQ sends none before 3.0')
    def test_of_an_abandoned_job(self):
        for work in self.workers():
            job = self.queue.enqueue('twin.add', 2, 3, webhooks=[
                Webhook(self.web.url('alarm'), 'failed', method='POST')])
            # As a worker leaves it that was killed a while ago.
            self.redis.lrem(self.queue.key, 1, job.id)
            self.redis.hset(job.key, 'status', 'started')
            self.redis.zadd(f'rq:wip:{self.queue.name}', {f'{job.id}:e1': 1})
            work()
            (method, path, _, body), = self.web.take()
            self.assertEqual((method, path), ('POST', '/alarm'))
            self.assertEqual(json.loads(body)['status'], 'failed')
            self.assertTrue(json.loads(body)['exc_info'].startswith(
                'Moved to FailedJobRegistry, due to AbandonedJobError, at '))

    def test_headers_of_the_user_win(self):
        requests = []
        for work in self.workers():
            self.queue.enqueue('twin.nothing', job_id='j', webhooks=[
                Webhook(self.web.url('done'), 'finished', method='POST',
                        headers={'content-type': 'text/plain', 'User-Agent': 'me', 'X-Empty': ''})])
            work()
            requests.append(self.web.take())
            headers = {name.lower(): value for name, value in requests[-1][0][2].items()}
            self.assertEqual((headers['content-type'], headers['user-agent'], headers['x-empty']),
                             ('text/plain', 'me', ''))
        self.assert_said_the_same(requests)

    def test_a_retry_sends_nothing_and_the_last_failure_does(self):
        for work in self.workers():
            job = self.queue.enqueue('twin.fail', 'boom', retry=Retry(2), webhooks=[
                Webhook(self.web.url('alarm'), 'failed')])
            work('--max-jobs', '2', 'q')
            self.assertEqual((job.get_status(), self.web.take()), ('queued', []))
            work()
            self.assertEqual((job.get_status(), len(self.web.take())), ('failed', 1))

    def test_too_many_reruns_that_were_asked_for(self):
        for work in self.workers():
            job = self.queue.enqueue('twin.ask_again', 1, [], webhooks=[
                Webhook(self.web.url('alarm'), 'failed', method='POST')])
            work()
            (_, _, _, body), = self.web.take()
            self.assertEqual(body, self.expected_body(job, exc_info=''))

    def test_each_success_of_a_job_that_repeats(self):
        from rq import Repeat
        for work in self.workers():
            self.queue.enqueue('twin.nothing', repeat=Repeat(times=2), webhooks=[
                Webhook(self.web.url('done'), 'finished')])
            work()
            self.assertEqual(len(self.web.take()), 3)

    def test_what_was_stopped_sends_nothing(self):
        for start in (self.start_python_worker, self.start_worker):
            with self.subTest(start.__name__):
                self.redis.flushall()
                job, folder = self.hold_job(webhooks=[
                    Webhook(self.web.url('alarm'), 'failed'),
                    Webhook(self.web.url('done'), 'finished')])
                worker = start()
                self.wait_until_running(folder)
                wait_for(lambda: job.get_status() == 'started', 'the start')
                wait_for(lambda: self.redis.pubsub_channels('rq:pubsub:*'), 'a worker that hears commands')
                send_stop_job_command(self.redis, job.id)
                wait_for(lambda: job.get_status() == 'stopped', 'the stop')
                worker.signal(15)
                worker.wait()
                self.assertEqual(self.web.take(), [])

    def test_redirects(self):
        """A POST becomes a GET, or is not sent on at all."""
        for status in (301, 302, 303, 307, 308):
            for method in ('GET', 'POST'):
                seen = []
                for work in self.workers():
                    self.queue.enqueue('twin.nothing', webhooks=[
                        Webhook(self.web.url(f'redirects/{status}/new'), 'finished', method=method)])
                    log = work()
                    seen.append(([request[:2] for request in self.web.take()],
                                 'Failed to send webhook' in log))
                self.assertEqual(seen[0], seen[1], f'{method} {status}')

    def test_a_redirect_to_another_server_takes_no_password_along(self):
        """That of RQ does."""
        other = Server()
        self.addCleanup(other.stop)
        self.queue.enqueue('twin.nothing', webhooks=[
            Webhook(self.web.url(f'redirects/302/{other.url("new")}'), 'finished',
                    headers={'Authorization': 'Bearer abc', 'X-Key': 'abc'})])

        self.work()

        (_, _, first, _), (_, path, second, _) = self.web.take() + other.take()
        self.assertEqual((path, first['Authorization']), ('/new', 'Bearer abc'))
        self.assertNotIn('Authorization', second)
        self.assertEqual(second['X-Key'], 'abc')

    def test_an_endless_redirect(self):
        for work in self.workers():
            job = self.queue.enqueue('twin.nothing', webhooks=[
                Webhook(self.web.url('redirects/302/redirects/302' + '/redirects/302' * 20),
                        'finished')])
            log = work()
            self.assertEqual(len(self.web.take()), 11)
            self.assertIn('Failed to send webhook', log)
            self.assertEqual(job.get_status(), 'finished')

    def test_a_server_that_refuses(self):
        for work in self.workers():
            job = self.queue.enqueue('twin.nothing', webhooks=[
                Webhook(self.web.url('says/500'), 'finished'),
                Webhook(self.web.url('done'), 'finished')])
            log = work()
            self.assertIn(f'Failed to send webhook to {self.web.url("says/500")} for job {job.id}', log)
            self.assertNotIn(self.web.url('done'), log)
            self.assertEqual(len(self.web.take()), 2)
            self.assertEqual(job.get_status(), 'finished')

    def test_a_server_that_hangs(self):
        for work in self.workers():
            job = self.queue.enqueue('twin.nothing', webhooks=[
                Webhook(self.web.url('hangs'), 'finished', timeout=1)])
            began = time.monotonic()
            log = work()
            self.assertLess(time.monotonic() - began, 30)
            self.assertIn(f'Failed to send webhook to {self.web.url("hangs")} for job {job.id}', log)
            self.assertEqual(job.get_status(), 'finished')

    def test_an_answer_that_has_begun_is_enough(self):
        for work in self.workers():
            self.queue.enqueue('twin.nothing', webhooks=[
                Webhook(self.web.url('drips'), 'finished', timeout=5)])
            self.assertNotIn('Failed to send', work())
            self.assertEqual(len(self.web.take()), 1)

    def test_nobody_there(self):
        for work in self.workers():
            job = self.queue.enqueue('twin.nothing', webhooks=[
                Webhook('http://127.0.0.1:1/x', 'finished')])
            self.assertIn('Failed to send webhook to http://127.0.0.1:1/x', work())
            self.assertEqual(job.get_status(), 'finished')

    def test_a_field_that_nobody_can_read(self):
        for text in ('[{"url": ', '[{"url": "ftp://x/", "job_status": "finished"}]', '7'):
            for work in self.workers():
                job = self.queue.enqueue('twin.nothing')
                self.redis.hset(job.key, 'webhooks', text)
                log = work()
                self.assertEqual((job.get_status(), self.web.take()), ('finished', []))
                self.assertIn('webhooks', log)

    def test_a_proxy(self):
        """Of the environment, in capitals too; ALL_PROXY counts for neither."""
        proxy = self.web.url('')
        for name, seen in (('http_proxy', 1), ('HTTP_PROXY', 1), ('all_proxy', 0), ('ALL_PROXY', 0)):
            for command in (self.rq_command('worker', '--burst', 'q'),
                            self.worker_command('--burst', 'q')):
                with self.subTest(f'{command[0]} {name}'):
                    self.queue.enqueue('twin.nothing', webhooks=[
                        Webhook('http://no-such-host.invalid/x', 'finished', timeout=5)])
                    self.run_to_end(command, **{name: proxy})
                    self.assertEqual([request[1] for request in self.web.take()],
                                     ['http://no-such-host.invalid/x'] * seen)


    def certificate(self, address):
        """A key and a certificate that signs itself, in one file."""
        path = self.temporary_folder() / 'certificate.pem'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                        'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=test',
                        '-addext', f'subjectAltName=IP:{address}', '-keyout', path, '-out', path],
                       check=True, capture_output=True)
        return path

    def test_https_only_to_whom_it_trusts(self):
        good, other = self.certificate('127.0.0.1'), self.certificate('127.0.0.2')
        for used, trusted, seen in ((good, good, 1), (good, other, 0), (other, other, 0)):
            web = Server(used)
            self.addCleanup(web.stop)
            for command in (self.rq_command('worker', '--burst', 'q'),
                            self.worker_command('--burst', 'q')):
                with self.subTest(f'{command[0]} {(used, trusted)}'):
                    self.queue.enqueue('twin.nothing', webhooks=[
                        Webhook(web.url('done'), 'finished', timeout=5)])
                    log = self.run_to_end(command, SSL_CERT_FILE=str(trusted))
                    self.assertEqual((len(web.take()), 'Failed to send' in log), (seen, not seen))


class CppEnqueues(WebhookTest):
    def enqueue(self, *words):
        self.run_to_end([RQPP, 'enqueue', '--url', self.server.url, '--queue', 'q', *words])
        return self.fetch(self.queue.job_ids[-1])

    def test_from_the_command_line(self):
        options = ['--webhook', self.web.url('done'), '--webhook',
                   f'POST failed {self.web.url("alarm")}', '--webhook-header', 'X-Key: abc']
        workers = self.workers() if Webhook else [self.work]
        for work in workers:
            self.enqueue(*options, 'twin.add', ':2', ':3')
            bad = self.enqueue(*options, 'twin.fail', 'boom')
            work()
            # Those of two jobs are sent at the same time.
            done, alarm = sorted(self.web.take(), key=lambda request: request[:2])
            self.assertEqual((done[:2], alarm[:2]), (('GET', '/done'), ('POST', '/alarm')))
            for _, _, headers, _ in (done, alarm):
                self.assertEqual({name.lower(): value for name, value in headers.items()}['x-key'],
                                 'abc')
            told = json.loads(alarm[3])
            self.assertEqual((told['job_id'], told['status']), (bad.id, 'failed'))
            self.assertIn('boom', told['exc_info'])


if __name__ == '__main__':
    unittest.main()
