// The producer and the worker of asynq for the benchmarks:
//
//	bench-asynq TASK one|paced COUNT [GAP_MICROSECONDS]
//	bench-asynq worker CONCURRENCY
//
// asynq has no call for many jobs at once.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/hibiken/asynq"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	must(err)
	return value
}

func appendLine(line string) error {
	file, err := os.OpenFile(os.Getenv("BENCH_FILE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.WriteString(line)
	return err
}

func produce(redis asynq.RedisClientOpt, task, mode string, count int, gap time.Duration) {
	client := asynq.NewClient(redis)
	defer client.Close()
	must(client.Ping())
	var payload []byte
	if task == "small" {
		payload = []byte("20")
	}
	begin := time.Now()
	for i := 0; i < count; i++ {
		if mode == "paced" {
			time.Sleep(gap)
			payload = []byte(strconv.FormatInt(time.Now().UnixNano(), 10))
		}
		_, err := client.Enqueue(asynq.NewTask(task, payload))
		must(err)
	}
	fmt.Printf("{\"n\": %d, \"seconds\": %f}\n", count, time.Since(begin).Seconds())
}

func work(redis asynq.RedisClientOpt, concurrency int) {
	tasks := asynq.NewServeMux()
	tasks.HandleFunc("noop", func(context.Context, *asynq.Task) error { return nil })
	tasks.HandleFunc("small", func(context.Context, *asynq.Task) error { return nil })
	tasks.HandleFunc("mark", func(context.Context, *asynq.Task) error { return appendLine(".") })
	tasks.HandleFunc("late", func(_ context.Context, task *asynq.Task) error {
		now := time.Now().UnixNano()
		sent, err := strconv.ParseInt(string(task.Payload()), 10, 64)
		if err != nil {
			return err
		}
		return appendLine(fmt.Sprintf("%.1f\n", float64(now-sent)/1000))
	})
	server := asynq.NewServer(redis, asynq.Config{Concurrency: concurrency, LogLevel: asynq.ErrorLevel})
	must(server.Start(tasks))
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
	server.Shutdown()
}

func main() {
	redis := asynq.RedisClientOpt{Addr: "127.0.0.1:" + os.Getenv("BENCH_PORT")}
	words := os.Args[1:]
	switch {
	case len(words) == 2 && words[0] == "worker":
		work(redis, number(words[1]))
	case len(words) == 3:
		produce(redis, words[0], words[1], number(words[2]), 0)
	case len(words) == 4:
		gap := time.Duration(number(words[3])) * time.Microsecond
		produce(redis, words[0], words[1], number(words[2]), gap)
	default:
		fmt.Fprintln(os.Stderr, "bench-asynq TASK one|paced COUNT [GAP_MICROSECONDS] | worker CONCURRENCY")
		os.Exit(2)
	}
}
