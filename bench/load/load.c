/*
 * load: asks a server for its tenants' policies as fast as it can and prints, as one JSON line, how many right
 * answers came, what each cost the server's processes, and how busy they were.
 *
 *   load -p port [-k close|kept|h2] [-n tenants] [-c connections] [-m streams] [-w warm-up s] [-d duration s]
 *        [-N stop after so many answers] [-P pid,pid,...]
 */
#define _GNU_SOURCE
#include "cpu.h"
#include "http.h"
#include "tenant.h"
#include "tls.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_ERRORS 100
#define MOST_LATENCIES 1000000

struct connection {
  int fd, tenant, greeted, answered, owed;
  double began;
  struct tls tls;
  struct http http;
  uint8_t in[40960];
  int in_length;
};

static struct {
  int port, tenants, connections, streams, pids[64];
  enum http_kind kind;
  double warm_up, duration;
  long most;
} options = {.tenants = 1, .connections = 32, .streams = 1, .warm_up = 1, .duration = 3, .kind = HTTP1_CLOSE};

static struct {
  int measuring;
  long answers, errors, handshakes, tickets, reconnects;
  int suite;
  double *latency;
  long latencies;
} count;

static int poller;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Many source addresses, or the ports of one would run out: each stays taken for a minute. */
static int dial(void) {
  static unsigned turn;
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in from = {.sin_family = AF_INET}, to = from;
  from.sin_addr.s_addr = htonl(0x7f000002 + turn++ % 250);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons((uint16_t)options.port);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  bind(fd, (struct sockaddr *)&from, sizeof from);
  connect(fd, (struct sockaddr *)&to, sizeof to);
  return fd;
}

static void start(struct connection *c) {
  static unsigned turn;
  char host[TENANT_TEXT];
  c->tenant = (int)(turn++ % (unsigned)options.tenants);
  c->in_length = c->greeted = c->answered = c->owed = 0;
  c->began = now();
  tenant_host(host, c->tenant);
  tls_begin(&c->tls, host, options.kind == HTTP2 ? "h2" : "http/1.1");
  http_begin(&c->http, options.kind, options.streams, c->tenant);
  c->fd = dial();
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
}

static void restart(struct connection *c) {
  close(c->fd);
  start(c);
}

static void fail(struct connection *c, const char *why) {
  if (count.errors++ < 3)
    fprintf(stderr, "%s (state %d, tenant %d, errno %d)\n", why, c->tls.state, c->tenant, errno);
  if (count.errors < MOST_ERRORS) restart(c);
}

static void answered(struct connection *c, int answers) {
  double t = now();
  if (count.measuring) count.answers += answers;
  if (count.measuring && count.latencies < MOST_LATENCIES) count.latency[count.latencies++] = t - c->began;
  c->answered += answers;
  c->began = t;
}

/* Nothing here is larger than a socket's buffer, so a short write is an error like any other. */
static int send_sealed(struct connection *c, const uint8_t *data, int length) {
  uint8_t record[17000];
  int size = tls_seal(&c->tls, 23, data, length, record);
  return send(c->fd, record, size, MSG_NOSIGNAL) == size;
}

static int ask(struct connection *c) {
  uint8_t out[16384];
  int length = c->greeted ? http_more(&c->http, c->owed, out) : http_open(&c->http, out);
  c->greeted = 1;
  c->owed = 0;
  return length == 0 || send_sealed(c, out, length);
}

/* Finished and request travel in two segments, as they do from clients that connect first and write then. */
static const char *opened(struct connection *c, const uint8_t *reply, int length) {
  count.handshakes++;
  count.suite = c->tls.suite;
  if (send(c->fd, reply, length, MSG_NOSIGNAL) != length) return "cannot send Finished";
  return NULL;
}

static const char *take_data(struct connection *c, const uint8_t *plain, int length) {
  int right = http_take(&c->http, plain, length);
  if (right < 0) return "wrong answer";
  if (right > 0) answered(c, right);
  if (options.kind != HTTP1_CLOSE) c->owed += right;
  return NULL;
}

static const char *take_record(struct connection *c, uint8_t *record, int length) {
  uint8_t plain[17000], reply[256];
  int plain_length, reply_length;
  switch (tls_record(&c->tls, record, length, plain, &plain_length, reply, &reply_length)) {
    case TLS_FAILED: return "TLS failed";
    case TLS_DONE: return opened(c, reply, reply_length);
    case TLS_DATA: return take_data(c, plain, plain_length);
    default: return NULL;
  }
}

static const char *take_records(struct connection *c) {
  int start = 0;
  while (c->in_length - start >= 5) {
    int length = 5 + (c->in[start + 3] << 8 | c->in[start + 4]);
    if (c->in_length - start < length) break;
    const char *why = take_record(c, c->in + start, length);
    if (why) return why;
    start += length;
  }
  c->in_length -= start;
  memmove(c->in, c->in + start, c->in_length);
  return c->tls.state != TLS_OPEN || ask(c) ? NULL : "cannot send the request";
}

/* The server has closed. That is the end of a good exchange only after its answer. */
static void closed(struct connection *c) {
  count.tickets += c->tls.tickets;
  if (c->answered == 0) {
    fail(c, "closed before the answer");
    return;
  }
  if (options.kind != HTTP1_CLOSE) count.reconnects++;
  restart(c);
}

static int say_hello(struct connection *c) {
  if (send(c->fd, c->tls.hello, c->tls.hello_length, MSG_NOSIGNAL) == c->tls.hello_length) {
    c->greeted = 0;
    c->tls.hello[0] = 0;
    return 1;
  }
  return errno == EAGAIN || errno == ENOTCONN;
}

static void pump(struct connection *c) {
  if (c->tls.hello[0] && !say_hello(c)) return fail(c, "cannot connect");
  for (;;) {
    ssize_t got = recv(c->fd, c->in + c->in_length, sizeof c->in - c->in_length, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got < 0) return fail(c, "cannot receive");
    if (got == 0) return closed(c);
    c->in_length += (int)got;
    const char *why = take_records(c);
    if (why) return fail(c, why);
  }
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static double own_cpu(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + 1e-6 * (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static double percentile(double part) {
  return count.latencies ? count.latency[(long)((double)(count.latencies - 1) * part)] * 1e6 : 0;
}

static void print(double seconds, struct cpu before, struct cpu after, double own) {
  qsort(count.latency, count.latencies, sizeof *count.latency, by_size);
  printf("{\"answers\":%ld,\"errors\":%ld,\"seconds\":%.6f,\"cpuSeconds\":%.9f,\"waitedSeconds\":%.9f,"
         "\"clientSeconds\":%.6f,\"suite\":%d,\"handshakes\":%ld,\"tickets\":%ld,\"reconnects\":%ld,"
         "\"p50\":%.1f,\"p99\":%.1f}\n",
         count.answers, count.errors, seconds, (double)(after.run - before.run) * 1e-9,
         (double)(after.waited - before.waited) * 1e-9, own, count.suite, count.handshakes, count.tickets,
         count.reconnects, percentile(.5), percentile(.99));
}

static int over(double began) {
  if (count.errors >= MOST_ERRORS) return 1;
  if (options.most && count.answers >= options.most) return 1;
  return count.measuring && now() - began >= options.duration;
}

static void run(void) {
  struct epoll_event events[256];
  struct cpu before = cpu_of(options.pids);
  double began = now(), own = own_cpu();
  while (!over(began)) {
    int n = epoll_wait(poller, events, 256, 20);
    for (int i = 0; i < n && count.errors < MOST_ERRORS; i++) pump(events[i].data.ptr);
    if (count.measuring || now() - began < options.warm_up) continue;
    count.measuring = 1;
    before = cpu_of(options.pids);
    own = own_cpu();
    began = now();
  }
  print(now() - began, before, cpu_of(options.pids), own_cpu() - own);
}

static void take_pids(char *list) {
  int n = 0;
  for (char *pid = strtok(list, ","); pid && n < 63; pid = strtok(NULL, ",")) options.pids[n++] = atoi(pid);
}

static enum http_kind kind_of(const char *name) {
  return !strcmp(name, "h2") ? HTTP2 : !strcmp(name, "kept") ? HTTP1_KEPT : HTTP1_CLOSE;
}

static void take_options(int argc, char **argv) {
  for (int o; (o = getopt(argc, argv, "p:k:n:c:m:w:d:N:P:")) > 0;) {
    if (o == 'p') options.port = atoi(optarg);
    else if (o == 'k') options.kind = kind_of(optarg);
    else if (o == 'n') options.tenants = atoi(optarg);
    else if (o == 'c') options.connections = atoi(optarg);
    else if (o == 'm') options.streams = atoi(optarg);
    else if (o == 'w') options.warm_up = atof(optarg);
    else if (o == 'd') options.duration = atof(optarg);
    else if (o == 'N') options.most = atol(optarg);
    else if (o == 'P') take_pids(optarg);
    else exit(2);
  }
}

int main(int argc, char **argv) {
  take_options(argc, argv);
  tls_init();
  poller = epoll_create1(0);
  count.latency = malloc(MOST_LATENCIES * sizeof *count.latency);
  struct connection *connections = calloc((size_t)options.connections, sizeof *connections);
  for (int i = 0; i < options.connections; i++) {
    tls_alloc(&connections[i].tls);
    start(&connections[i]);
  }
  run();
  return 0;
}
